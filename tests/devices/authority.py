"""What tests of orders share: an enrolled disk in a reader, its officer, and a run of the device worker."""

from __future__ import annotations

from devices import services
from devices.models import Device, DeviceCommand
from devices.protocol.messages import StockSegment
from tests.factories.accounts import OfficerFactory
from tests.harness.cards import CardRack


def officer_of(device: Device):
    """Return an officer whose post covers the disk's company."""
    return OfficerFactory(bureau=device.taxpayer.bureau)


def segment(first: int = 1, last: int = 50, code: str = "061002600199", kind: str = "007") -> StockSegment:
    return StockSegment(kind=kind, code=code, next_number=first, end_number=last)


def order_stock(device: Device, *segments: StockSegment, **more) -> DeviceCommand:
    actor = more.pop("actor", None) or officer_of(device)
    return services.order_stock(actor=actor, device=device, segments=segments or (segment(),), **more)


def carry_out(command: DeviceCommand) -> DeviceCommand:
    """Let the device worker take the command once."""
    return services.carry_out_command(command_id=command.pk)


def due_now(command: DeviceCommand) -> None:
    """Let the pause before the next attempt be over."""
    DeviceCommand.objects.filter(pk=command.pk).update(next_attempt_at=None)


def orders_done(rack: CardRack, device: Device) -> int:
    """Return how many orders the disk itself says it has carried out."""
    return services.read_orders(device=device).status.order_counter


def record_issue(rack: CardRack, device: Device, key: str) -> None:
    """Let the disk sign an invoice and keep its record as the hall does."""
    signed = rack.issue(device, ("1", "100.00", "1.00"))
    command = services.queue_command(actor=None, device=device, kind="issue", key=key, payload={})
    services.finish_command(command=command, answer=signed.to_json())
    services.record_signed(device=device, signed=signed)


def return_all_stock(device: Device) -> None:
    """Have every blank invoice of the disk sent back."""
    blank = [
        segment(item.next_number, item.end_number, item.segment_code, item.invoice_kind)
        for item in device.authorisations.all()
    ]
    assert carry_out(order_stock(device, *blank, is_return=True)).state == "done"
