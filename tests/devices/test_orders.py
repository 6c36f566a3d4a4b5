"""Ordering something of a disk: who may, what is refused before it is signed, and the same order twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.models import AuditEvent
from devices import services
from devices.choices import OrderAction
from devices.errors import CommandConflictError, DeviceUnusableError, OrderNotPossibleError
from devices.models import DeviceCommand
from devices.protocol.constants import ORDER_ACTIONS
from devices.protocol.messages import IssueDataChange, KindChange
from taxhall.common.errors import InvalidInputError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.devices.authority import carry_out, officer_of, order_stock, segment
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory, PersonFactory
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.django_db
NEW_NAME = IssueDataChange(taxpayer_name="西安新示例商贸有限公司")


@pytest.fixture
def device(frozen_day):
    return DeviceFactory(period=TaxPeriod.month(2026, 10))


def test_the_hall_and_the_disk_name_the_same_orders():
    assert tuple(OrderAction.values) == ORDER_ACTIONS


def test_an_officer_orders_a_change_of_issue_data(device):
    officer = officer_of(device)
    command = services.order_change_of_issue_data(actor=officer, device=device, change=NEW_NAME, reason="更名")
    assert (command.kind, command.state, command.created_by) == ("order", "queued", officer)
    assert command.payload["action"] == "change_issue_data"
    assert IssueDataChange.from_json(command.payload["change"]) == NEW_NAME
    assert AuditEvent.objects.filter(action="devices.command_queued", actor=officer).count() == 1


@pytest.mark.parametrize("who", ["taxpayer", "other bureau", "own company"])
def test_nobody_else_orders_anything(device, who):
    if who == "taxpayer":
        actor = MembershipFactory(taxpayer=device.taxpayer, legal=True).user
    elif who == "other bureau":
        actor = OfficerFactory(bureau=BureauFactory(xincheng=True))
    else:
        actor = officer_of(device)
        actor.person = PersonFactory()
        actor.save()
        MembershipFactory(taxpayer=device.taxpayer, user__person=actor.person)
    for act in (
        lambda: services.order_change_of_issue_data(actor=actor, device=device, change=NEW_NAME),
        lambda: order_stock(device, actor=actor),
        lambda: services.unblock_pin(actor=actor, device=device),
        lambda: services.cancel_device(actor=actor, device=device, reason="停用"),
    ):
        with pytest.raises(NotPermittedError):
            act()
    assert not DeviceCommand.objects.exists()


@pytest.mark.parametrize("trait", ["frozen", "lost", "cancelled"])
def test_a_disk_out_of_use_gets_no_order(frozen_day, trait):
    device = DeviceFactory(**{trait: True})
    with pytest.raises(DeviceUnusableError):
        order_stock(device)


def test_the_same_key_is_the_same_order(device):
    officer = officer_of(device)
    first = order_stock(device, actor=officer, key="form-1")
    assert order_stock(device, actor=officer, key="form-1") == first
    with pytest.raises(CommandConflictError):
        order_stock(device, segment(first=60, last=70), actor=officer, key="form-1")
    assert DeviceCommand.objects.count() == 1


def test_an_empty_change_or_an_empty_sale_is_no_order(device):
    officer = officer_of(device)
    with pytest.raises(InvalidInputError):
        services.order_change_of_issue_data(actor=officer, device=device, change=IssueDataChange())
    with pytest.raises(InvalidInputError):
        services.order_stock(actor=officer, device=device, segments=())


def test_what_cannot_travel_to_a_disk_is_refused_at_the_form(device):
    change = IssueDataChange(kinds=(KindChange(kind="999", limit=Decimal("1.00"), rates=("1",)),))
    with pytest.raises(InvalidInputError):
        services.order_change_of_issue_data(actor=officer_of(device), device=device, change=change)
    with pytest.raises(InvalidInputError):
        order_stock(device, segment(code="1"))


def test_a_transport_pin_is_told_once_and_kept_nowhere(device):
    officer = officer_of(device)
    order = services.unblock_pin(actor=officer, device=device, key="form-2")
    assert len(order.transport_pin) == 16
    assert order.transport_pin not in repr(order)
    row = DeviceCommand.objects.get(pk=order.command.pk)
    assert order.transport_pin not in str(row.payload)
    assert not AuditEvent.objects.filter(data__icontains=order.transport_pin).exists()
    with pytest.raises(CommandConflictError):
        services.unblock_pin(actor=officer, device=device, key="form-2")


def test_a_disk_with_blank_invoices_is_not_cancelled(device):
    with pytest.raises(OrderNotPossibleError) as caught:
        services.cancel_device(actor=officer_of(device), device=device, reason="停用")
    assert caught.value.code == "disk.stock_left"


def test_a_disk_with_records_to_upload_is_not_cancelled(device):
    device.authorisations.all().delete()
    device.sign_counter = 1
    device.save()
    with pytest.raises(OrderNotPossibleError) as caught:
        services.cancel_device(actor=officer_of(device), device=device, reason="停用")
    assert caught.value.code == "disk.not_uploaded"


def test_a_number_is_sold_to_one_disk_at_a_time(device, card_rack, freeze):
    other = DeviceFactory(period=TaxPeriod.month(2026, 10))
    for each in (device, other):
        card_rack.add(each)
    sold = order_stock(device, segment(1, 50))
    for first, last in ((50, 60), (1, 1), (10, 20)):
        with pytest.raises(OrderNotPossibleError) as caught:
            order_stock(other, segment(first, last))
        assert caught.value.code == "disk.stock_overlap"
    assert order_stock(other, segment(51, 60)).state == "queued"
    assert carry_out(sold).state == "done"
    with pytest.raises(OrderNotPossibleError):
        order_stock(other, segment(1, 50))
    freeze("2026-11-16 10:01")
    assert carry_out(order_stock(device, segment(21, 50), is_return=True)).state == "done"
    freeze("2026-11-16 10:02")
    with pytest.raises(OrderNotPossibleError):
        order_stock(other, segment(20, 50))
    assert order_stock(other, segment(21, 50)).state == "queued"
    with pytest.raises(OrderNotPossibleError):
        order_stock(device, segment(21, 50))


def test_numbers_that_a_disk_was_issued_with_are_not_sold(device):
    held = device.authorisations.get(invoice_kind="007")
    with pytest.raises(OrderNotPossibleError):
        order_stock(DeviceFactory(), segment(held.end_number, held.end_number + 1, held.segment_code))


def test_numbers_of_an_order_that_was_given_up_are_free_again(device):
    sold = order_stock(device, segment(1, 50))
    services.cancel_command(actor=officer_of(device), command=sold)
    assert order_stock(device, segment(1, 50)).state == "queued"


def test_a_sale_of_overlapping_segments_is_refused(device):
    with pytest.raises(OrderNotPossibleError):
        order_stock(device, segment(1, 50), segment(50, 60))
