"""A company asks for blank invoices (领用) or gives some back (退回): an officer decides, the disk carries it out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from devices import policies
from devices.choices import RequestKind
from devices.models import Device, DeviceAuthorisation, DeviceRequest
from devices.protocol.messages import StockSegment
from devices.rules.orders import NumberRange
from devices.rules.stock import last_numbers
from devices.services.barring import NOT_YOURS
from devices.services.orders import require_checked
from devices.services.requests import open_request, require_same
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require


def ask_stock(*, actor: User, device: Device, kind: str, count: int, note: str = "") -> DeviceRequest:
    """Ask for `count` blank invoices of a kind; the officer who grants it says which numbers.

    Rule: new ones come after the old ones were checked (验旧供新, domain.md 4.7): the upload is the check, so
    nothing may be left on the disk that is not uploaded. Asking again while it waits is the same request.
    Raises: NotPermittedError; InvalidInputError; OrderNotPossibleError disk.not_checked; RequestConflictError while
    another one waits; DeviceUnusableError.
    """
    require(policies.can_ask_for_device(actor, device), NOT_YOURS)
    _authorisation(device, kind)
    if count < 1:
        words = _("请填写要领用的份数，至少 1 份。")
        raise InvalidInputError(words, fields={"count": [words]})
    require_checked(device)
    return _ask(actor, device, RequestKind.ADD_STOCK, note, {"kind": kind, "count": count})


def ask_stock_return(*, actor: User, device: Device, kind: str, count: int, note: str = "") -> DeviceRequest:
    """Ask to give the last `count` blank invoices of a kind back, as the last reading shows them.

    The disk itself refuses what it does not hold any more.
    Raises: NotPermittedError; InvalidInputError for more than it holds; DeviceUnusableError.
    """
    require(policies.can_ask_for_device(actor, device), NOT_YOURS)
    held = _authorisation(device, kind)
    if not 1 <= count <= held.remaining:
        words = _("盘上这种发票还有 %(count)d 份空白的，请填写 1 至 %(count)d。") % {"count": held.remaining}
        raise InvalidInputError(words, fields={"count": [words]})
    back = [_segment(kind, item) for item in last_numbers(blank_numbers(held), count)]
    contents = {"kind": kind, "count": count, "segments": [item.to_json() for item in back]}
    return _ask(actor, device, RequestKind.RETURN_STOCK, note, contents)


def blank_numbers(held: DeviceAuthorisation) -> tuple[NumberRange, ...]:
    """Return the blank numbers of a kind, in the order in which the disk will use them."""
    now = {"code": held.segment_code, "next_number": held.next_number, "end_number": held.end_number}
    found = (
        NumberRange(item["code"], int(item["next_number"]), int(item["end_number"]))
        for item in (now, *held.later_segments)
    )
    return tuple(item for item in found if item.first <= item.last)


def _ask(actor: User, device: Device, kind: RequestKind, note: str, contents: dict[str, Any]) -> DeviceRequest:
    asked = open_request(actor, device, kind, note=note, contents=contents)
    require_same(asked, contents)
    return asked


def _authorisation(device: Device, kind: str) -> DeviceAuthorisation:
    found = device.authorisations.filter(invoice_kind=kind).first()
    if found is None:
        words = _("这块设备没有核定这种发票，请先办理票种核定。")
        raise InvalidInputError(words, fields={"kind": [words]})
    return found


def _segment(kind: str, item: NumberRange) -> StockSegment:
    return StockSegment(kind=kind, code=item.code, next_number=item.first, end_number=item.last)
