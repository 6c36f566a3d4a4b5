"""A disk with more than one group of kinds: the row follows its main group, and each group is cleared on its own."""

from __future__ import annotations

import pytest

from devices import selectors, services
from devices.gateway import wire
from devices.models import ClearReceiptRecord
from devices.protocol.messages import DiskReport
from devices.services.host import visit
from taxhall.common.periods import TaxPeriod
from tests.devices.authority import carry_out, order_stock, segment
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceAuthorisationFactory, DeviceFactory, clear_payload

pytestmark = pytest.mark.django_db
OCTOBER = TaxPeriod.month(2026, 10)


def make_device(card_rack, *kinds):
    device = DeviceFactory(period=OCTOBER, authorised=False)
    for kind in kinds:
        DeviceAuthorisationFactory(device=device, invoice_kind=kind)
    card_rack.add(device)
    card_rack.unlock(device)
    return device


def clear(device, group):
    report = selectors.latest_report(device=device, period=OCTOBER, group=group)
    payload = clear_payload(device, report_digest=report.digest) | {"group": group}
    # The period that is cleared is the group's, whatever the row shows by now.
    payload |= {"period_start": "2026-10-01", "period_end": "2026-10-31"}
    payload |= {"new_period_start": "2026-11-01", "new_period_end": "2026-11-30", "new_cut_off": "2026-12-16"}
    command = services.queue_command(actor=None, device=device, kind="clear", key=f"clear:{group}", payload=payload)
    lease = services.claim_command(command_id=command.pk)
    request = services.begin_clear_on_card(device=device, period=OCTOBER, group=group)
    token = services.sign_clear_token(command=lease.command, request=request, approval=payload)
    services.mark_sending(lease=lease)
    receipt = services.apply_clear_on_card(device=device, token=token)
    services.record_clear(device=device, command=command, receipt=receipt)
    device.refresh_from_db()
    return receipt


@pytest.fixture
def device(freeze, card_rack):
    freeze("2026-10-20 10:00")
    device = make_device(card_rack, "007", "025")
    card_rack.issue(device, ("1", "100.00", "1.00"), kind="007")
    card_rack.issue(device, ("1", "200.00", "2.00"), kind="025")
    freeze("2026-11-16 10:00")
    services.report_card(actor=MembershipFactory(taxpayer=device.taxpayer, finance=True).user, device=device)
    return device


def test_each_group_is_reported_with_its_own_totals(device):
    for group, amount in (("A", 100), ("D", 200)):
        report = selectors.latest_report(device=device, period=OCTOBER, group=group)
        assert [row.amount for row in report.total_rows()] == [amount]


def test_the_window_of_the_row_moves_with_the_main_group_alone(device):
    clear(device, "D")
    assert (device.period, device.clear_counter) == (OCTOBER, 1)
    clear(device, "A")
    assert (device.period.code, device.clear_counter, device.issue_allowed_until.isoformat()) == (
        "2026-11",
        2,
        "2026-12-16",
    )
    assert [row.group for row in ClearReceiptRecord.objects.order_by("clear_counter_after")] == ["D", "A"]


def test_the_newest_receipt_of_any_group_is_read(device):
    receipt = clear(device, "D")
    assert services.read_card(device=device).last_receipt == receipt
    assert services.last_clear_on_card(device=device, group="A") is None


def test_an_invoice_uses_up_the_ceilings_of_its_own_group_alone(freeze, card_rack, django_assert_num_queries):
    freeze("2026-10-20 10:00")
    device = make_device(card_rack, "007", "025")
    services.read_device(actor=None, device=device)
    services.record_signed(device=device, signed=card_rack.issue(device, ("1", "200.00", "2.00"), kind="025"))
    device.refresh_from_db()
    assert device.offline_count == 0, "the row follows the main group"
    services.read_device(actor=None, device=device)
    device.refresh_from_db()
    assert selectors.offline_counts([device]) == {device.pk: 1}
    assert (selectors.offline_use(device, "025").count, selectors.offline_use(device, "007").count) == (1, 0)
    services.record_signed(device=device, signed=card_rack.issue(device, ("1", "100.00", "1.00"), kind="007"))
    device.refresh_from_db()
    assert selectors.offline_use(device, "007").count == 1
    plain = [DeviceFactory(period=OCTOBER) for _ in range(3)]
    with django_assert_num_queries(2):
        assert selectors.offline_counts([device, *plain])[device.pk] == 2


def test_reporting_another_group_does_not_mark_the_row_reported(frozen_day, card_rack):
    device = make_device(card_rack, "007", "025")
    step = {"op": "report", "group": "D", "period_start": "2026-10-01", "period_end": "2026-10-31"}
    answer = visit(device, step, deadline=wire.READ_DEADLINE)
    services.record_report(actor=None, device=device, report=DiskReport.from_json(answer.results[0]))
    device.refresh_from_db()
    assert not device.is_reported


def test_a_disk_without_the_first_group_is_read_reported_and_cleared(frozen_day, card_rack):
    device = make_device(card_rack, "025")
    assert services.read_device(actor=None, device=device).period == OCTOBER
    services.report_card(actor=MembershipFactory(taxpayer=device.taxpayer, finance=True).user, device=device)
    device.refresh_from_db()
    assert device.is_reported
    clear(device, "D")
    assert device.period.code == "2026-11"


def test_stock_copies_follow_the_disk_into_the_next_segment(frozen_day, card_rack):
    device = DeviceFactory(period=OCTOBER, authorised=False)
    DeviceAuthorisationFactory(device=device, next_number=7, end_number=8)
    card_rack.add(device)
    card_rack.unlock(device)
    carry_out(order_stock(device, segment(1, 2)))
    seen = []
    for _ in range(3):
        services.record_signed(device=device, signed=card_rack.issue(device, ("1", "1.00", "0.01")))
        held = device.authorisations.get()
        seen.append((held.segment_code, held.next_number, held.end_number, held.remaining))
    assert seen == [("061002200111", 8, 8, 3), ("061002600199", 1, 2, 2), ("061002600199", 2, 2, 1)]
    assert services.read_device(actor=None, device=device).authorisations.get().remaining == 1
