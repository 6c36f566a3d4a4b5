"""The hall's copy of the stock on a disk, moved on by what the disk signs; a reading puts it right."""

from __future__ import annotations

from typing import Any

from devices.models import Device, DeviceAuthorisation
from devices.protocol.messages import SignedInvoice
from taxhall.common.prepared import Prepared, Slot, update

_AUTHORISATION: Prepared[DeviceAuthorisation] = Prepared(
    lambda: DeviceAuthorisation.objects.filter(device=Slot("device"), invoice_kind=Slot("kind"))
)


def advance_stock(device: Device, signed: SignedInvoice) -> None:
    """Move the copy of the stock past a number; a segment that is used up makes way for the next one."""
    item = _AUTHORISATION.first(device=device.pk, kind=signed.kind)
    if item is None:
        return
    number = int(signed.number)
    current = {"code": item.segment_code, "next_number": item.next_number, "end_number": item.end_number}
    stock = [dict(segment) for segment in (current, *item.later_segments)]
    while stock and not _holds_number(stock[0], signed.code, number):
        stock.pop(0)
    if not stock:
        return  # nothing the hall knows of; the next reading tells
    stock[0]["next_number"] = number + 1
    if number == stock[0]["end_number"] and len(stock) > 1:
        stock.pop(0)
    item.segment_code, item.next_number, item.end_number = (
        stock[0]["code"],
        stock[0]["next_number"],
        stock[0]["end_number"],
    )
    item.later_segments = stock[1:]
    update(item, ["segment_code", "next_number", "end_number", "later_segments"])


def _holds_number(segment: dict[str, Any], code: str, number: int) -> bool:
    return bool(segment["code"] == code and segment["next_number"] <= number <= segment["end_number"])
