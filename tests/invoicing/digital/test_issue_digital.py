"""Issuing a digital invoice: works, wrong role, repeat, outsider, credit, what the database refuses."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.db import IntegrityError, transaction

from accounts.choices import TaxpayerStatus
from accounts.models import AuditEvent, Membership, Taxpayer
from devices.models import Device, DeviceCommand
from invoicing import selectors, services
from invoicing.choices import InvoiceState
from invoicing.drafts import InvoiceDraft
from invoicing.errors import DraftChangedError, InvoiceProblemsError, VoidNotAllowedError
from invoicing.face import face_of
from invoicing.models import CreditMonth, Invoice, NumberSeries
from invoicing.rules.digital import digital_number
from invoicing.services import issue_digital, outcome
from taxhall.common.errors import NotFoundError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.invoicing.conftest import LINE

Save = Callable[..., Invoice]
Issue = Callable[[Invoice], Invoice]
NOVEMBER = TaxPeriod.month(2026, 11)

pytestmark = pytest.mark.usefixtures("credit")


def codes(refused: pytest.ExceptionInfo[InvoiceProblemsError]) -> list[str]:
    return [each.code for each in refused.value.problems]


def used(seller: Membership) -> Decimal:
    return CreditMonth.objects.get(taxpayer=seller.taxpayer).used


def test_it_has_its_number_at_once_and_no_disk(save: Save, issue: Issue, seller: Membership) -> None:
    done = issue(save())

    assert done.state == InvoiceState.ISSUED
    assert done.number == f"26612{seller.taxpayer_id:07d}00000001"
    assert len(done.number) == 20
    assert (done.device, done.code, done.counter, done.check_code) == (None, "", None, "")
    assert done.is_uploaded
    assert done.uploaded_at == done.issued_at
    assert used(seller) == Decimal("1000.00"), "tax-exclusive"
    assert not DeviceCommand.objects.exists()
    audited = AuditEvent.objects.filter(object_id=str(done.pk)).values_list("action", flat=True)
    assert {"invoicing.issue_requested", "invoicing.digital_issued"} <= set(audited)
    assert "数电票已开具，已归集到税务机关" in [str(each.title) for each in selectors.timeline(done)]


def test_numbers_follow_one_another_over_both_kinds(save: Save, issue: Issue) -> None:
    special = issue(save("1.00", kind="31"))
    ordinary = issue(save("1.00"))

    assert int(ordinary.number) - int(special.number) == 1


def test_an_issue_that_fails_leaves_no_gap_and_uses_no_credit(save: Save, issue: Issue, seller: Membership) -> None:
    draft = save()
    with mock.patch.object(outcome, "audit", side_effect=RuntimeError("killed")), pytest.raises(RuntimeError):
        issue(draft)

    assert not NumberSeries.objects.filter(key__startswith="digital").exists()
    assert not CreditMonth.objects.filter(used__gt=0).exists()
    assert issue(draft).number.endswith("00000001")


def test_a_new_year_begins_again(save: Save, issue: Issue, seller: Membership, freeze: Callable[[str], object]) -> None:
    issue(save())
    freeze("2027-01-04 09:00")

    assert issue(save()).number == digital_number(date(2027, 1, 4), bureau="16101", seller=seller.taxpayer_id, n=1)


def test_numbers_that_are_used_up_are_never_cut_short() -> None:
    with pytest.raises(ValueError, match="used up"):
        digital_number(date(2026, 1, 1), bureau="16101", seller=10**7, n=1)
    with pytest.raises(ValueError, match="used up"):
        digital_number(date(2026, 1, 1), bureau="16101", seller=1, n=10**8)


def test_the_same_click_twice_is_one_invoice(save: Save, seller: Membership) -> None:
    draft, key = save(), uuid.uuid4().hex
    first = services.issue_invoice(actor=seller.user, invoice=draft, key=key)
    again = services.issue_invoice(actor=seller.user, invoice=draft, key=key)
    other_tab = services.issue_invoice(actor=seller.user, invoice=draft, key=uuid.uuid4().hex)

    assert first.number == again.number == other_tab.number
    assert used(seller) == Decimal("1000.00")


def test_only_the_companys_people_may_issue(save: Save) -> None:
    draft = save()
    for stranger in (MembershipFactory(finance=True), MembershipFactory(issuer=True)):
        with pytest.raises(NotPermittedError):
            services.issue_invoice(actor=stranger.user, invoice=draft, key="k")
    assert Invoice.objects.get().state == InvoiceState.DRAFT


def test_the_credit_is_a_ceiling_to_the_cent(save: Save, issue: Issue, seller: Membership) -> None:
    issue(save("4000.00"))
    with pytest.raises(InvoiceProblemsError) as refused:
        issue(save("1000.01"))
    assert codes(refused) == ["credit.exceeded"]
    assert "本月还可开具的 1,000.00 元" in str(refused.value.problems[0].message)
    assert "主管税务机关" in str(refused.value.problems[0].mend)

    issue(save("1000.00"))
    assert used(seller) == Decimal("5000.00")


def test_a_new_month_begins_with_the_whole_credit(
    save: Save, issue: Issue, seller: Membership, freeze: Callable[[str], object]
) -> None:
    issue(save("5000.00"))
    freeze("2026-12-01 09:00")
    issue(save("5000.00"))

    assert [row.used for row in CreditMonth.objects.order_by("month")] == [Decimal("5000.00")] * 2


def test_a_credit_that_is_granted_while_it_is_issued_is_not_passed_by(
    seller: Membership, save: Save, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = save()
    with monkeypatch.context() as between:
        # The grant is committed after the issue found no row to lock.
        between.setattr("invoicing.services.issue_digital.lock_credit", lambda _taxpayer: None)
        with pytest.raises(InvoiceProblemsError) as refused:
            issue(draft)
    assert [each.code for each in refused.value.problems] == ["credit.none"]
    assert issue(draft).state == InvoiceState.ISSUED
    assert CreditMonth.objects.get().used == draft.amount


def test_who_has_no_credit_is_told_where_to_ask(draft: Callable[..., InvoiceDraft]) -> None:
    other = MembershipFactory(issuer=True)
    saved = services.save_draft(actor=other.user, taxpayer=other.taxpayer, device=None, draft=draft())
    with pytest.raises(InvoiceProblemsError) as refused:
        services.issue_invoice(actor=other.user, invoice=saved, key="k")
    assert codes(refused) == ["credit.none"]
    assert "申请核定发票总额度" in str(refused.value.problems[0].mend)


@pytest.mark.parametrize("status", [TaxpayerStatus.ABNORMAL, TaxpayerStatus.CANCELLED])
def test_a_company_out_of_order_issues_nothing(save: Save, issue: Issue, seller: Membership, status: str) -> None:
    draft = save()
    Taxpayer.objects.filter(pk=seller.taxpayer_id).update(status=status)
    with pytest.raises(InvoiceProblemsError) as refused:
        issue(draft)
    assert codes(refused) == ["credit.taxpayer_status"]


def test_the_buyer_needs_no_address_and_no_bank_but_a_number(save: Save, issue: Issue) -> None:
    assert issue(save(kind="31")).buyer_address == ""
    with pytest.raises(InvoiceProblemsError) as refused:
        issue(save(kind="31", buyer_name="个人", buyer_number=""))
    assert codes(refused) == ["buyer.incomplete"]


def test_it_may_have_two_thousand_lines(save: Save, issue: Issue) -> None:
    row = replace(LINE, price=Decimal("0.50"), rate="exempt")
    assert issue(save(lines=(row,) * 2000)).amount == Decimal("1000.00")
    with pytest.raises(InvoiceProblemsError) as refused:
        issue(save(lines=(row,) * 2001))
    assert "lines.too_many" in codes(refused)


def test_it_is_never_voided(save: Save, issue: Issue, seller: Membership) -> None:
    done = issue(save())
    with pytest.raises(VoidNotAllowedError) as refused:
        services.void_invoice(actor=seller.user, invoice=done, reason="错", number=done.number)
    assert refused.value.code == "void.electronic"
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=done.pk).update(state=InvoiceState.VOIDING)


def test_every_other_kind_needs_a_disk(save: Save, seller: Membership, draft: Callable[..., InvoiceDraft]) -> None:
    with pytest.raises(NotFoundError):
        save(kind="007")
    paper = IssuedInvoiceFactory(taxpayer=seller.taxpayer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=save().pk).update(device=paper.device)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.create(
            taxpayer=seller.taxpayer, kind="007", dated_on=date(2026, 11, 16), drawer=seller.user, drawer_name="某"
        )


def test_a_disk_that_was_chosen_beside_it_is_left_out(
    seller: Membership, draft: Callable[..., InvoiceDraft], enrolled: Device
) -> None:
    saved = services.save_draft(actor=seller.user, taxpayer=seller.taxpayer, device=enrolled, draft=draft())
    assert saved.device is None


def test_a_draft_whose_kind_was_changed_meanwhile_goes_to_no_disk(
    seller: Membership, save: Save, draft: Callable[..., InvoiceDraft], enrolled: Device
) -> None:
    seen = save()
    changed = draft(draft_key=seen.draft_key, kind="007")
    services.save_draft(actor=seller.user, taxpayer=seller.taxpayer, device=enrolled, draft=changed)
    with pytest.raises(DraftChangedError):
        services.issue_invoice(actor=seller.user, invoice=seen, key="k")
    assert not DeviceCommand.objects.exists()


def test_ledger_rollups_and_backup_know_it(save: Save, issue: Issue, seller: Membership) -> None:
    done = issue(save(kind="31"))

    (row,) = selectors.digital_rows(taxpayer=seller.taxpayer, period=NOVEMBER)
    assert (row.kind, row.count, row.amount) == ("31", 1, Decimal("1000.00"))
    assert selectors.period_sales(taxpayer=seller.taxpayer, period=NOVEMBER).amount(is_special=True) == done.amount
    assert all(check.drifted == 0 for check in services.check_rollups())
    assert selectors.whole_invoices(taxpayer=seller.taxpayer).get().device is None
    (line,) = selectors.backup_lines(taxpayer=seller.taxpayer, period=NOVEMBER)
    assert (line["device"], line["number"], line["signed_message"]) == ("", done.number, None)


def test_an_invoice_of_midnight_has_one_day(
    save: Save, issue: Issue, freeze: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze("2026-11-30 23:59:59")
    draft, plain = save(), issue_digital.leave_draft

    def leave(*given: Any, **named: Any) -> None:
        plain(*given, **named)
        freeze("2026-12-01 00:00:00")

    monkeypatch.setattr(issue_digital, "leave_draft", leave)
    done = issue(draft)

    assert done.dated_on == face_of(done).dated_on == date(2026, 11, 30)
    assert CreditMonth.objects.get(used__gt=0).month == date(2026, 11, 1)
