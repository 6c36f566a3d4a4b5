"""Saving a draft: works, wrong role, repeat, outsider, what no column holds."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from accounts.models import AuditEvent, Membership
from devices.models import Device
from invoicing import services
from invoicing.choices import InvoiceState, LineKind
from invoicing.drafts import InvoiceDraft
from invoicing.errors import InvoiceNotDraftError
from invoicing.models import Invoice
from taxhall.common.errors import InvalidInputError, NotFoundError, NotPermittedError
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.invoicing.conftest import LINE

Write = Callable[..., InvoiceDraft]
Save = Callable[..., Invoice]


def test_a_draft_keeps_what_was_entered_and_what_was_computed(save: Save, seller: Membership) -> None:
    invoice = save(lines=(LINE, replace(LINE, discount=Decimal("100.00"))))

    assert (invoice.amount, invoice.tax, invoice.total) == (Decimal("1900.00"), Decimal("19.00"), Decimal("1919.00"))
    assert [line.line_kind for line in invoice.lines.all()] == [
        LineKind.NORMAL,
        LineKind.DISCOUNTED,
        LineKind.DISCOUNT,
    ]
    assert invoice.seller_number == seller.taxpayer.number
    assert AuditEvent.objects.filter(action="invoicing.draft_saved", actor=seller.user).count() == 1


def test_what_was_entered_comes_back_for_editing(save: Save, write: Write) -> None:
    draft = write(
        is_tax_inclusive=True,
        lines=(replace(LINE, discount=Decimal("10.00")), replace(LINE, quantity=None, price=None, amount=Decimal(50))),
    )
    invoice = save(
        is_tax_inclusive=True,
        lines=draft.lines,
        draft_key=draft.draft_key,
    )

    again = services.draft_of(Invoice.objects.get(pk=invoice.pk))
    assert again == draft


@pytest.mark.parametrize(("amount", "kept"), [("1.00", Decimal("1.00")), ("1000.00", None)])
def test_an_amount_beside_quantity_and_price_comes_back_unless_it_is_their_product(
    save: Save, amount: str, kept: Decimal | None
) -> None:
    invoice = save(lines=(replace(LINE, amount=Decimal(amount)),))

    assert services.draft_of(Invoice.objects.get(pk=invoice.pk)).lines[0].amount == kept


def test_a_tax_inclusive_invoice_adds_up_to_what_was_entered(save: Save) -> None:
    assert save(is_tax_inclusive=True).total == Decimal("1000.00")


def test_the_same_form_sent_twice_is_one_invoice(save: Save) -> None:
    key = uuid.uuid4()
    first, second = save(draft_key=key), save(draft_key=key, buyer_name="改后的买方")

    assert first.pk == second.pk
    assert Invoice.objects.get().buyer_name == "改后的买方"
    assert Invoice.objects.get().lines.count() == 1


def test_pasted_spaces_and_small_letters_are_forgiven(save: Save) -> None:
    invoice = save(buyer_name=" 西安　买方\n公司 ", buyer_number="91610131ma6tekt0xe")

    assert (invoice.buyer_name, invoice.buyer_number) == ("西安 买方 公司", "91610131MA6TEKT0XE")


def test_blank_lines_are_left_out(save: Save) -> None:
    assert (
        save(lines=(LINE, replace(LINE, name="", tax_code="", unit="", quantity=None, price=None))).lines.count() == 1
    )


def test_an_invoice_that_was_sent_is_not_overwritten(save: Save, order: Callable[..., Invoice]) -> None:
    sent = order()

    with pytest.raises(InvoiceNotDraftError):
        save(draft_key=sent.draft_key, buyer_name="别人")
    assert Invoice.objects.get().buyer_name == "西安买方示例有限公司"


@pytest.mark.parametrize("who", ["ended", "other company", "officer"])
def test_only_the_companys_people_may_save(who: str, seller: Membership, enrolled: Device, write: Write) -> None:
    actor = {
        "ended": lambda: MembershipFactory(taxpayer=seller.taxpayer, ended=True).user,
        "other company": lambda: MembershipFactory(finance=True).user,
        "officer": OfficerFactory,
    }[who]()

    with pytest.raises(NotPermittedError):
        services.save_draft(actor=actor, taxpayer=seller.taxpayer, device=enrolled, draft=write())


def test_another_companys_disk_looks_absent(seller: Membership, write: Write) -> None:
    with pytest.raises(NotFoundError):
        services.save_draft(actor=seller.user, taxpayer=seller.taxpayer, device=DeviceFactory(), draft=write())


def test_another_companys_draft_key_looks_absent(save: Save) -> None:
    foreign = IssuedInvoiceFactory(goal=InvoiceState.DRAFT)

    with pytest.raises(NotFoundError):
        save(draft_key=foreign.draft_key)


@pytest.mark.parametrize("line", [replace(LINE, rate=""), replace(LINE, price=Decimal(10) ** 13)])
def test_what_no_column_holds_is_refused_in_words(save: Save, line: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        save(lines=(line,))
    assert caught.value.fields
    assert not Invoice.objects.exists()


def test_a_draft_is_discarded_with_its_lines(save: Save, seller: Membership) -> None:
    services.discard_draft(actor=seller.user, invoice=save())

    assert not Invoice.objects.exists()
    assert AuditEvent.objects.filter(action="invoicing.draft_discarded").count() == 1


def test_what_was_sent_is_not_discarded(order: Callable[..., Invoice], seller: Membership) -> None:
    with pytest.raises(InvoiceNotDraftError):
        services.discard_draft(actor=seller.user, invoice=order())
