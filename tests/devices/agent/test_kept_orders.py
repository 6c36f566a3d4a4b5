"""An order in the hands of the company's PC: a number is out on one disk at a time, whatever the PC says."""

from __future__ import annotations

import pytest
from django.db import transaction

from devices.choices import CommandState
from devices.errors import OrderNotPossibleError
from devices.gateway.wire import CardAnswer, CardRequest
from devices.models import Device, DeviceCommand
from devices.services.barring import bar_locked, let_go
from tests.devices.agent.test_denials import Liar, liar  # noqa: F401
from tests.devices.authority import carry_out, order_stock, segment
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.django_db(transaction=True)


def refusal(code: str) -> dict:
    return {"fault": {"kind": "refused", "code": code, "status_word": 0x6985}}


class Keeper:
    """The company's PC keeps the orders that come, and says that the disk refused them."""

    def __init__(self, liar: Liar, code: str = "disk.order_invalid") -> None:  # noqa: F811
        self.liar, self.code, self.kept, self.honest = liar, code, [], liar.answer
        liar.answer = self.answer
        self.device = Device.objects.select_related("taxpayer__bureau").get(pk=liar.disk.pk)

    def answer(self, given: dict) -> dict:
        first = given["request"]["steps"][0]
        if first["op"] == "apply_order":
            self.kept.append(first["order"])
            return refusal(self.code)
        return self.honest(given)

    def apply(self) -> CardAnswer:
        step = {"op": "apply_order", "order": self.kept[-1]}
        return self.liar.rack.exchange(
            CardRequest(serial=self.device.serial, certificate=self.device.certificate, steps=(step,))
        )

    def wait(self, freeze) -> None:
        """Let the order's time pass, for the disk's clock too, and be heard of again."""
        freeze("2026-11-16 10:11")
        self.liar.pc.poll(self.liar.pc.claim(self.device))

    def carry_out(self, command: DeviceCommand) -> DeviceCommand:
        DeviceCommand.objects.filter(pk=command.pk).update(next_attempt_at=None)
        self.liar.serve(carry_out, command)
        return DeviceCommand.objects.get(pk=command.pk)


def sell_to_another(device: Device) -> DeviceCommand:
    return order_stock(DeviceFactory(taxpayer=device.taxpayer), segment(1, 50))


def test_numbers_whose_order_was_called_refused_are_not_sold_again_while_its_signature_is_good(liar):  # noqa: F811
    pc = Keeper(liar)
    command = order_stock(pc.device, segment(1, 50))
    doubtful = pc.carry_out(command)
    assert (doubtful.state, doubtful.error_code) == (CommandState.IN_DOUBT, "disk.refusal_unproved")
    assert pc.carry_out(command).state == CommandState.IN_DOUBT, "the disk's clock has not passed its end"
    assert len(pc.kept) == 1, "it is not given out again"
    assert pc.apply().fault is None
    with pytest.raises(OrderNotPossibleError):
        sell_to_another(pc.device)
    assert pc.carry_out(command).state == CommandState.DONE, "its receipt is read, and booked"


def test_an_order_that_was_called_refused_is_refused_once_the_disks_own_clock_has_ended_it(liar, freeze):  # noqa: F811
    pc = Keeper(liar)
    command = order_stock(pc.device, segment(1, 50))
    pc.carry_out(command)
    pc.wait(freeze)
    refused = pc.carry_out(command)
    assert (refused.state, refused.error_code, refused.refused_as) == ("refused", "disk.order_invalid", "")
    assert pc.apply().fault is not None
    assert sell_to_another(pc.device).state == CommandState.QUEUED


def test_a_disk_that_cannot_be_read_meanwhile_does_not_make_the_hall_forget_the_refusal(liar, freeze):  # noqa: F811
    pc = Keeper(liar)
    command = order_stock(pc.device, segment(1, 50))
    pc.carry_out(command)
    liar.lies = {"status": {"fault": {"kind": "absent", "sent": False}}}
    assert pc.carry_out(command).error_code == "disk.absent"
    liar.lies = {}
    pc.wait(freeze)
    assert pc.carry_out(command).error_code == "disk.order_invalid"


def test_an_order_that_waits_to_be_signed_anew_holds_its_numbers_when_its_disk_is_put_out_of_use(liar):  # noqa: F811
    pc = Keeper(liar, code="disk.order_stale")
    command = order_stock(pc.device, segment(1, 50))
    assert pc.carry_out(command).state == CommandState.QUEUED
    with transaction.atomic():
        bar_locked(pc.device, status="lost", actor=None, reason="遗失")
    let_go(device=pc.device)
    assert DeviceCommand.objects.get(pk=command.pk).state == CommandState.CANCELLED
    assert pc.apply().fault is None
    with pytest.raises(OrderNotPossibleError):
        sell_to_another(pc.device)
