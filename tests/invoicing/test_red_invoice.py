"""Red invoices: works, parts, wrong role, repeat, outsider, faults, two at once, and what the totals say."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import AuditEvent, Membership
from devices import services as device_services
from devices.choices import TotalKind
from devices.models import Device, DeviceCommand
from invoicing import selectors, services
from invoicing.choices import InvoiceState
from invoicing.errors import (
    InvoiceNotDraftError,
    InvoiceProblemsError,
    RedNotAllowedError,
    RedProblemsError,
    VoidNotAllowedError,
)
from invoicing.models import Invoice
from taxhall.common.errors import ConflictError, NotFoundError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.harness.clients import HallClient
from tests.invoicing.conftest import LINE
from tests.invoicing.disk import SigningDisk
from tests.invoicing.pages import text_of

Issued = Callable[..., Invoice]
SPECIAL = {"kind": "004", "buyer_address": "西安市 029", "buyer_bank": "示例银行 61"}


def first_line(blue: Invoice) -> int:
    return int(blue.lines.first().pk)


def test_a_whole_invoice_is_taken_back(
    issued: Issued, red: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], disk: SigningDisk
) -> None:
    blue = issued(lines=(LINE, replace(LINE, discount=Decimal("100.00"))))
    done = sign(red(blue))
    blue.refresh_from_db()

    assert (done.state, done.amount, done.tax) == (InvoiceState.ISSUED, -blue.amount, -blue.tax)
    assert disk.signed[done.request_id.hex].is_red
    assert done.remark == f"对应正数发票代码:{blue.code}号码:{blue.number}"
    assert (blue.red_amount, blue.red_tax) == (blue.amount, blue.tax)
    assert [line.amount for line in done.lines.all()] == [Decimal("-1000.00"), Decimal("-900.00")]
    assert done.lines.first().quantity == -1
    assert done.lines.last().quantity is None, "the discount is inside"
    assert AuditEvent.objects.filter(action="invoicing.red_issued", object_id=str(blue.pk)).count() == 1
    with pytest.raises(RedNotAllowedError) as refused:
        red(blue)
    assert refused.value.code == "red.nothing_left"


def test_parts_leave_the_rest_and_the_last_takes_the_last_cent(
    issued: Issued, red: Callable[..., Invoice], sign: Callable[[Invoice], Invoice]
) -> None:
    blue = issued(lines=(replace(LINE, price=Decimal("100.00"), rate="3", rate_reason="waived"),))
    line = first_line(blue)
    for part in ("33.33", "33.33"):
        sign(red(blue, chosen={line: Decimal(part)}))
    (unit,) = selectors.red_units(blue)
    assert (unit.left_amount, unit.left_tax) == (Decimal("33.34"), Decimal("1.00"))

    with pytest.raises(RedProblemsError) as refused:
        red(blue, chosen={line: Decimal("33.35")})
    assert f"amount-{line}" in refused.value.fields
    sign(red(blue))
    blue.refresh_from_db()
    assert (blue.red_amount, blue.red_tax) == (Decimal("100.00"), Decimal("3.00"))


def test_of_two_drafts_for_the_same_money_the_second_is_refused(
    issued: Issued, red: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], disk: SigningDisk
) -> None:
    blue = issued()
    first, second = red(blue), red(blue)
    disk.faults = ["absent"]
    assert sign(first).state == InvoiceState.ISSUING
    with pytest.raises(InvoiceProblemsError) as refused:
        sign(second)
    assert [each.code for each in refused.value.problems] == ["red.over_remaining"]
    assert len(disk.signed) == 1


def test_the_database_refuses_too_much_even_from_raw_updates(issued: Issued, red: Callable[..., Invoice]) -> None:
    blue = issued()
    first, second = red(blue), red(blue)
    Invoice.objects.filter(pk=first.pk).update(state=InvoiceState.ISSUING)
    with pytest.raises(IntegrityError, match="no more than its blue one"), transaction.atomic():
        Invoice.objects.filter(pk=second.pk).update(state=InvoiceState.ISSUING)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Invoice.objects.filter(pk=first.pk).update(blue=None)
    with pytest.raises(IntegrityError, match="taken back"), transaction.atomic():
        Invoice.objects.filter(pk=blue.pk).update(state=InvoiceState.VOIDING)


def test_a_lost_answer_is_read_back_and_counts_once(
    issued: Issued, red: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], disk: SigningDisk
) -> None:
    blue = issued()
    disk.faults = ["lost after"]
    done = sign(red(blue))
    blue.refresh_from_db()
    assert (done.state, blue.red_amount) == (InvoiceState.IN_DOUBT, 0)

    for _ in range(3):
        done = services.resolve_invoice(invoice_id=done.pk)
    blue.refresh_from_db()
    assert (done.state, blue.red_amount) == (InvoiceState.ISSUED, blue.amount)
    assert len(disk.signed) == 2


def test_a_refusal_of_the_disk_leaves_the_blue_invoice_whole(
    issued: Issued, red: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], disk: SigningDisk
) -> None:
    blue = issued()
    disk.faults = ["disk.red_not_allowed"]
    done = sign(red(blue))

    assert (done.state, done.error_code) == (InvoiceState.DRAFT, "disk.red_not_allowed")
    assert selectors.red_units(blue)[0].left_amount == blue.amount


def test_a_voided_red_gives_the_money_back_to_its_blue(
    issued: Issued, red: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], seller: Membership
) -> None:
    blue = issued()
    done = sign(red(blue))
    services.void_invoice(actor=seller.user, invoice=done, reason="开票有误", number=done.number)
    services.perform_void(invoice_id=done.pk)
    blue.refresh_from_db()

    assert (blue.red_amount, blue.red_tax) == (0, 0)
    assert selectors.red_units(blue)[0].left_amount == blue.amount
    (row,) = [row for row in rows_of(blue) if row.total_kind == TotalKind.NEGATIVE_VOID]
    assert (row.count, row.amount) == (1, -blue.amount)


def rows_of(blue: Invoice) -> list[object]:
    return selectors.period_rows(device=blue.device, period=TaxPeriod.of_month(blue.dated_on))


def test_reds_are_a_total_of_their_own_and_less_sales(
    issued: Issued, red: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], seller: Membership
) -> None:
    blue = issued()
    sign(red(blue, chosen={first_line(blue): Decimal("400.00")}))

    found = {row.total_kind: (row.count, row.amount, row.tax) for row in rows_of(blue)}
    assert found == {
        TotalKind.POSITIVE: (1, Decimal("1000.00"), Decimal("10.00")),
        TotalKind.NEGATIVE: (1, Decimal("-400.00"), Decimal("-4.00")),
    }
    sales = selectors.period_sales(taxpayer=seller.taxpayer, period=TaxPeriod.of_month(blue.dated_on))
    assert (sales.amount(), sales.tax()) == (Decimal("600.00"), Decimal("6.00"))


def test_an_invoice_that_was_taken_back_is_not_voided(
    issued: Issued, red: Callable[..., Invoice], sign: Callable[[Invoice], Invoice], seller: Membership
) -> None:
    blue = issued()
    sign(red(blue))
    with pytest.raises(VoidNotAllowedError) as refused:
        services.void_invoice(actor=seller.user, invoice=blue, reason="错", number=blue.number)
    assert refused.value.code == "void.has_red"


def test_the_same_key_is_the_same_draft_and_no_other_invoices(issued: Issued, red: Callable[..., Invoice]) -> None:
    blue, other, key = issued(), issued(), uuid.uuid4()

    assert red(blue, key=key) == red(blue, key=key)
    with pytest.raises(NotFoundError):
        red(other, key=key)


def test_others_take_nothing_back(issued: Issued) -> None:
    blue = issued()
    for actor in (MembershipFactory(issuer=True).user, OfficerFactory()):
        with pytest.raises(NotPermittedError):
            services.draft_red(actor=actor, blue=blue, reason="return", key=uuid.uuid4())
        with pytest.raises(NotPermittedError):
            services.apply_red_form(actor=actor, blue=blue, applicant="seller", reason="return", key=uuid.uuid4())


@pytest.mark.parametrize("state", [InvoiceState.DRAFT, InvoiceState.VOIDED, InvoiceState.IN_DOUBT])
def test_only_a_valid_blue_invoice_is_taken_back(
    save: Issued, red: Callable[..., Invoice], seller: Membership, state: str
) -> None:
    blue = IssuedInvoiceFactory(goal=state, taxpayer=seller.taxpayer)
    with pytest.raises(RedNotAllowedError):
        red(blue)


def test_a_red_draft_is_not_edited_and_not_copied(
    issued: Issued, red: Callable[..., Invoice], write: Callable[..., object], seller: Membership, enrolled: Device
) -> None:
    draft = red(issued())
    with pytest.raises(InvoiceNotDraftError):
        services.save_draft(
            actor=seller.user,
            taxpayer=seller.taxpayer,
            device=enrolled,
            draft=write(draft_key=draft.draft_key),
        )
    with pytest.raises(ConflictError):
        services.copy_invoice(actor=seller.user, invoice=draft, key=uuid.uuid4())


def test_the_pages_of_an_ordinary_invoice(issued: Issued, seller_client: HallClient, disk: SigningDisk) -> None:
    blue = issued()
    url = reverse("invoicing:invoice-red", args=[blue.pk])
    page = seller_client.get(url)
    assert "还可红冲 1,000.00 元" in text_of(page)
    data = {"key": str(uuid.uuid4()), "reason": "return", "extent": "part", f"amount-{first_line(blue)}": "1000.01"}
    assert "最多还可红冲" in text_of(seller_client.post(url, data))

    data |= {f"amount-{first_line(blue)}": "250"}
    refused = seller_client.post(url, data | {"extent": "whole"})
    assert "您填写了部分红冲的金额" in text_of(refused)
    assert not Invoice.objects.filter(blue=blue).exists(), "the amount was typed; all of it was not meant"
    check = seller_client.post(url, data, follow=True)
    draft = Invoice.objects.get(blue=blue)
    assert "(负数)贰佰伍拾贰圆伍角整" in text_of(check)
    edit = seller_client.get(reverse("invoicing:invoice-edit", args=[draft.pk]), follow=True)
    assert "由原发票决定" in text_of(edit)
    seller_client.post(reverse("invoicing:invoice-issue", args=[draft.pk]), {"key": "k"})
    services.perform_issue(invoice_id=draft.pk)

    assert "红字" in text_of(seller_client.get(reverse("invoicing:invoice-detail", args=[draft.pk])))
    shown = seller_client.get(reverse("invoicing:invoice-detail", args=[blue.pk]))
    detail, detail_html = text_of(shown), shown.content.decode()
    assert "部分红冲" in detail
    assert "已开具红字发票" in detail
    assert url in detail_html
    assert reverse("invoicing:invoice-void", args=[blue.pk]) not in detail_html
    listed = seller_client.get(reverse("invoicing:invoice-list"), {"colour": "reversed"})
    assert blue.number in text_of(listed)
    assert "共 1 张" in text_of(listed)


def test_a_copy_is_a_new_draft_once(issued: Issued, seller_client: HallClient) -> None:
    invoice = issued(lines=(replace(LINE, discount=Decimal("10.00")),))
    url, key = reverse("invoicing:invoice-copy", args=[invoice.pk]), str(uuid.uuid4())
    seller_client.post(url, {"key": key})
    seller_client.post(url, {"key": key})

    copy = Invoice.objects.exclude(pk=invoice.pk).get()
    assert (copy.state, copy.number, copy.total) == (InvoiceState.DRAFT, "", invoice.total)
    assert copy.lines.count() == 2


def test_the_order_in_the_outbox_says_red(issued: Issued, red: Callable[..., Invoice], seller: Membership) -> None:
    draft = red(issued())
    services.issue_invoice(actor=seller.user, invoice=draft, key="k")

    draft.refresh_from_db()
    command = DeviceCommand.objects.get(key__contains=draft.request_id.hex)
    payload = command.payload
    assert payload["is_red"] is True
    assert payload["amount"] == "-1000.00"
    assert device_services.claim_to_send(command_id=command.pk)
