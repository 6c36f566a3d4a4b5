"""The whole way on real virtual disks: number, PIN, faults between, and the same totals on both sides."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership
from devices import services as device_services
from devices.models import Device, DeviceCommand
from invoicing import selectors, services
from invoicing.choices import InvoiceState
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.cards import CardRack
from tests.invoicing.conftest import LINE

Issue = Callable[..., Invoice]


@pytest.fixture
def company(frozen_day: object, db: None) -> Membership:
    return MembershipFactory(finance=True)


@pytest.fixture
def card(company: Membership, card_rack: CardRack) -> Device:
    """Return a row with a real virtual disk in the reader, opened with its PIN."""
    device = DeviceFactory(taxpayer=company.taxpayer, period=TaxPeriod.of_month(clock.today()))
    card_rack.add(device)
    card_rack.unlock(device)
    return device


@pytest.fixture
def issue(company: Membership, card: Device) -> Issue:
    def done(*lines: LineDraft, **changes: Any) -> Invoice:
        draft = InvoiceDraft(
            kind="007", buyer_name="西安买方示例有限公司", buyer_number="91610131MA6TEKT0XE", lines=lines or (LINE,)
        )
        saved = services.save_draft(
            actor=company.user, taxpayer=company.taxpayer, device=card, draft=replace(draft, **changes)
        )
        services.issue_invoice(actor=company.user, invoice=saved, key=uuid.uuid4().hex)
        services.perform_issue(invoice_id=saved.pk)
        return Invoice.objects.get(pk=saved.pk)

    return done


def resolve(invoice: Invoice) -> Invoice:
    DeviceCommand.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    return services.resolve_invoice(invoice_id=invoice.pk)


def void(company: Membership, invoice: Invoice) -> Invoice:
    services.void_invoice(actor=company.user, invoice=invoice, reason="开票有误", number=invoice.number)
    services.perform_void(invoice_id=invoice.pk)
    return Invoice.objects.get(pk=invoice.pk)


def take_back(company: Membership, blue: Invoice, chosen: dict[int, Decimal] | None) -> Invoice:
    red = services.draft_red(actor=company.user, blue=blue, reason="return", key=uuid.uuid4(), chosen=chosen)
    services.issue_invoice(actor=company.user, invoice=red, key=uuid.uuid4().hex)
    services.perform_issue(invoice_id=red.pk)
    return Invoice.objects.get(pk=red.pk)


def test_the_disk_gives_the_next_number_of_its_stock(issue: Issue, card: Device) -> None:
    first, second = issue(), issue()

    assert (first.number, second.number) == ("10000001", "10000002")
    assert first.code == "061002200111"
    assert first.dated_on == clock.today()


def test_disk_and_ledger_have_the_same_totals(
    issue: Issue, card: Device, company: Membership, freeze: Callable[[str], object]
) -> None:
    issue(LINE, replace(LINE, rate="3", rate_reason="waived"), replace(LINE, discount=Decimal("33.33")))
    issue(replace(LINE, rate="exempt", price=Decimal("77.77")))
    issue(
        replace(LINE, price=Decimal("0.07")),
        kind="004",
        is_tax_inclusive=True,
        buyer_address="西安市 1 号 029-1",
        buyer_bank="示例银行 6100",
    )
    void(company, issue(replace(LINE, price=Decimal("12.34"))))
    blue = issue(LINE, replace(LINE, rate="3", rate_reason="waived"))
    take_back(company, blue, {line.pk: Decimal("33.33") for line in blue.lines.all()})
    void(company, take_back(company, blue, None))
    freeze("2026-12-01 09:00")

    report = device_services.report_card(actor=company.user, device=card)
    measured = {(row.kind, row.rate, row.total_kind): (row.count, row.amount, row.tax) for row in report.total_rows()}
    ledger = selectors.period_rows(device=card, period=TaxPeriod.month(2026, 11))
    assert {(row.kind, row.rate, row.total_kind): (row.count, row.amount, row.tax) for row in ledger} == measured


def test_without_the_pin_the_draft_comes_back(issue: Issue, card: Device, card_rack: CardRack) -> None:
    card_rack.pull(card)
    card_rack.insert(card)
    invoice = issue()

    assert (invoice.state, invoice.error_code) == (InvoiceState.DRAFT, "disk.pin_required")


def test_a_disk_pulled_before_asking_leaves_the_order_waiting(issue: Issue, card: Device, card_rack: CardRack) -> None:
    card_rack.pull(card)
    invoice = issue()
    assert (invoice.state, invoice.error_code) == (InvoiceState.ISSUING, "disk.absent")

    card_rack.insert(card)
    card_rack.unlock(card)
    assert resolve(invoice).state == InvoiceState.ISSUED


@pytest.mark.parametrize("fault", ["vanish_before", "vanish_after"])
def test_a_disk_pulled_around_signing_ends_with_one_number(
    issue: Issue, card: Device, card_rack: CardRack, fault: str
) -> None:
    card_rack.faults(card).arm({fault: True, "on": "ISSUE_INVOICE"})
    invoice = issue()
    assert invoice.state == InvoiceState.IN_DOUBT

    card_rack.pull(card)
    card_rack.insert(card)
    card_rack.unlock(card)
    invoice = resolve(invoice)
    assert (invoice.state, invoice.number) == (InvoiceState.ISSUED, "10000001")
    assert issue().number == "10000002"


@pytest.mark.parametrize("answer", ["torn", "one_byte", "zero", "oversized", "random"])
def test_a_broken_answer_is_doubt_and_is_read_back(
    issue: Issue, card: Device, card_rack: CardRack, answer: str
) -> None:
    card_rack.faults(card).arm({"answer": answer, "on": "ISSUE_INVOICE"})
    invoice = issue()
    assert invoice.state == InvoiceState.IN_DOUBT

    card_rack.unlock(card)
    invoice = resolve(invoice)
    assert (invoice.state, invoice.number) == (InvoiceState.ISSUED, "10000001")


@pytest.mark.parametrize("write", [1, 2, 3, 4, 5, 6])
def test_a_power_cut_before_any_write_ends_with_one_number(
    issue: Issue, card: Device, card_rack: CardRack, write: int
) -> None:
    card_rack.faults(card).arm({"tear_before_write": write, "tear_share": 0.5})
    invoice = issue()
    assert invoice.state in (InvoiceState.ISSUING, InvoiceState.IN_DOUBT, InvoiceState.ISSUED)

    card_rack.faults(card).clear()
    card_rack.pull(card)
    card_rack.insert(card)
    card_rack.unlock(card)
    if invoice.is_waiting:
        invoice = resolve(invoice)
    assert (invoice.state, invoice.number) == (InvoiceState.ISSUED, "10000001")
    assert issue().number == "10000002"


@pytest.mark.parametrize("fault", ["vanish_before", "vanish_after"])
def test_a_disk_pulled_around_voiding_ends_voided_once(
    issue: Issue, card: Device, card_rack: CardRack, company: Membership, fault: str
) -> None:
    invoice = issue()
    card_rack.faults(card).arm({fault: True, "on": "VOID_INVOICE"})
    assert void(company, invoice).state == InvoiceState.IN_DOUBT

    card_rack.pull(card)
    card_rack.insert(card)
    card_rack.unlock(card)
    assert resolve(invoice).state == InvoiceState.VOIDED


def test_what_the_disk_was_told_behind_our_back_wins(
    issue: Issue, card: Device, card_rack: CardRack, company: Membership, freeze: Callable[[str], object]
) -> None:
    invoice = issue()
    services.void_invoice(actor=company.user, invoice=invoice, reason="开票有误", number=invoice.number)
    freeze("2026-12-01 09:00")
    services.perform_void(invoice_id=invoice.pk)

    found = Invoice.objects.get(pk=invoice.pk)
    assert found.state == InvoiceState.ISSUED
    assert found.error_code.startswith("disk.")
    assert found.error_next_step


def test_another_companys_disk_in_the_reader_signs_nothing(issue: Issue, card: Device, card_rack: CardRack) -> None:
    other = DeviceFactory(period=TaxPeriod.of_month(clock.today()))
    card_rack.add(other)
    card_rack.pull(card)
    card_rack._readers[card.serial] = card_rack._readers[other.serial]
    card_rack._out.discard(card.serial)
    invoice = issue()

    assert (invoice.state, invoice.number) == (InvoiceState.ISSUING, "")
    assert invoice.error_code in ("disk.identity_failed", "disk.wrong_card", "disk.absent")
