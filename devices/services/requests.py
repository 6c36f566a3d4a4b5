"""Requests about disks: a company or an officer asks, another officer decides, the disk carries it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices import policies, selectors
from devices.choices import DRAFTED_KINDS, OUT_OF_USE, DeviceStatus, RequestKind, RequestState
from devices.errors import DeviceUnusableError, OrderNotPossibleError, RequestConflictError
from devices.models import Device, DeviceRequest
from devices.protocol.messages import IssueDataChange, StockSegment
from devices.rules.replacing import carry_over, must_do_first, needs_person
from devices.rules.tokens import why_unusable
from devices.services.barring import NOT_YOURS, bar_locked, let_go, lift_loss
from devices.services.enrolment import enrol_card
from devices.services.orders import (
    cancel_device,
    order_change_of_issue_data,
    order_stock,
    require_checked,
    unblock_pin,
)
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

_NUMBERS = _("请填写发给企业的发票代码和起始号码。")


@dataclass(frozen=True)
class Grant:
    """A granted request, and the one-time PIN where one was made: told once, kept nowhere."""

    request: DeviceRequest
    transport_pin: str = field(default="", repr=False)


def ask_unblock(*, actor: User, device: Device, note: str = "") -> DeviceRequest:
    """Ask that the PIN be unblocked (口令解锁); asking again while it waits is the same request.

    Raises: NotPermittedError; DeviceUnusableError.
    """
    require(policies.can_ask_for_device(actor, device), NOT_YOURS)
    return open_request(actor, device, RequestKind.UNBLOCK, note=note)


def ask_cancel(*, actor: User, device: Device, cause: str, note: str = "") -> DeviceRequest:
    """Ask for the end of a disk (注销), once it is cleared, its stock returned and its records uploaded.

    Raises: NotPermittedError; OrderNotPossibleError naming what is still open; DeviceUnusableError.
    """
    require(policies.can_ask_for_device(actor, device), NOT_YOURS)
    if code := next((code for code, holds in open_before_cancel(device, today=clock.today()).items() if holds), ""):
        raise OrderNotPossibleError(code)
    return open_request(actor, device, RequestKind.CANCEL, cause=cause, note=note)


def open_before_cancel(device: Device, *, today: date) -> dict[str, bool]:
    """Return what must be done before a disk is cancelled, each by its code, and whether it is still open."""
    old = selectors.old_disk_of(device, today=today, is_read_now=True)
    return {
        "disk.period_not_cleared": old.is_period_over or old.is_reported or old.signed_since_report > 0,
        "disk.stock_left": old.blank_invoices > 0,
        "disk.not_uploaded": old.not_uploaded > 0,
    }


def ask_replace(
    *, actor: User, device: Device, cause: str, note: str = "", is_read_now: bool, hand_over: bool = False
) -> DeviceRequest:
    """Ask that another disk take the place of this one (更换), with its last proven state as the base.

    Rule: what the old disk can still do itself is done first, unless its company hands that to a person; what a
    disk that does not answer may hold is never guessed.
    Raises: NotPermittedError; RequestConflictError request.not_settled; DeviceUnusableError.
    """
    require(policies.can_ask_for_device(actor, device), NOT_YOURS)
    old = selectors.old_disk_of(device, today=clock.today(), is_read_now=is_read_now)
    items = carry_over(old)
    if must_do_first(items) and not hand_over:
        raise RequestConflictError("request.not_settled")
    seen = device.last_seen_at.isoformat() if device.last_seen_at else ""
    base = {
        "is_read_now": is_read_now,
        "seen_at": seen,
        "period": device.period.code,
        "is_reported": device.is_reported,
        "signed_since_report": old.signed_since_report,
        "not_uploaded": old.not_uploaded,
        "blank_invoices": old.blank_invoices,
        "unsettled_commands": old.unsettled_commands,
        "clear_counter": device.clear_counter,
        "sign_counter": device.sign_counter,
        "carry": {item.name: item.carry.value for item in items},
        "needs_person": needs_person(items) or must_do_first(items),
    }
    return open_request(actor, device, RequestKind.REPLACE, cause=cause, note=note, base=base, may_be_lost=True)


def draft_order(*, actor: User, device: Device, kind: str, contents: dict[str, Any], note: str = "") -> DeviceRequest:
    """Write an order of the bureau (变更发行, 发票购入, 发票退回) for another officer to approve.

    Raises: NotPermittedError; InvalidInputError; DeviceUnusableError; RequestConflictError while another one waits.
    """
    require(policies.can_draft_order(actor, device), _("您没有为这块税控设备拟写指令的权限。"))
    if kind not in DRAFTED_KINDS:
        raise InvalidInputError(_("请选择要办理的事项。"))
    asked = open_request(actor, device, kind, note=note, contents=contents)
    require_same(asked, contents)
    return asked


def require_same(asked: DeviceRequest, contents: dict[str, Any]) -> None:
    """Let a request that waits already pass for this one only when it is the same. Raises: RequestConflictError."""
    if asked.contents != contents:
        raise RequestConflictError("request.other_waits")


@transaction.atomic
def open_request(actor: User, device: Device, kind: str, *, may_be_lost: bool = False, **fields: Any) -> DeviceRequest:
    """Write the request down, once its service found it allowed; one that waits already is the same request.

    Raises: DeviceUnusableError.
    """
    locked = Device.objects.select_for_update(of=("self",), no_key=True).select_related("taxpayer").get(pk=device.pk)
    known = DeviceRequest.objects.filter(device=locked, kind=kind).waiting().first()
    if known is not None:
        return known
    code = why_unusable(locked.status)
    if code and locked.status != DeviceStatus.FROZEN and not (may_be_lost and locked.status == DeviceStatus.LOST):
        raise DeviceUnusableError(code)
    request = DeviceRequest.objects.create(device=locked, kind=kind, created_by=actor, **fields)
    _audit(request, "devices.request_made", actor)
    return request


@transaction.atomic
def withdraw_request(*, actor: User, request: DeviceRequest) -> DeviceRequest:
    """Take a request back before it is decided; a report of loss is lifted by the bureau alone.

    Rule: the company takes back what it asked for, an officer his or her own draft, and nobody the other's.

    Raises: NotPermittedError; RequestConflictError.
    """
    locked = _lock(request)
    require(policies.can_withdraw_request(actor, locked), _("您不能撤回这份申请。"))
    if locked.state == RequestState.WITHDRAWN:
        return locked
    if not locked.is_waiting:
        raise RequestConflictError
    locked.state = RequestState.WITHDRAWN
    locked.save(update_fields=["state"])
    _audit(locked, "devices.request_withdrawn", actor)
    return locked


def grant_request(
    *, actor: User, request: DeviceRequest, note: str = "", segments: Sequence[StockSegment] = ()
) -> Grant:
    """Grant a request; what the disk must do for it is ordered in the same transaction.

    `segments` are the numbers given out for a company's request for blank invoices.

    Rule: an officer of the district with a post for disks, and not the person who asked (four eyes). A repeat of
    what was granted is no second order, and tells no PIN again.
    Raises: NotPermittedError; RequestConflictError; InvalidInputError; the errors of `devices.services.orders`.
    """
    granted, was_done = _grant(actor, request, note, segments)
    if granted.request.kind == RequestKind.REPLACE and not was_done:
        device = Device.objects.get(pk=granted.request.device_id)
        if device.status in OUT_OF_USE:
            let_go(device=device)
    return granted


@transaction.atomic
def _grant(actor: User, request: DeviceRequest, note: str, segments: Sequence[StockSegment]) -> tuple[Grant, bool]:
    locked = _decidable(actor, request)
    if locked.state == RequestState.GRANTED:
        return Grant(locked), True
    if not locked.is_waiting:
        raise RequestConflictError
    if locked.kind == RequestKind.REPLACE and locked.base.get("needs_person") and not note.strip():
        words = _("请写明旧设备的未了事项怎样处理。")
        raise InvalidInputError(words, fields={"note": [words]})
    _assign_numbers(locked, segments)
    pin = _CARRIED_OUT[RequestKind(locked.kind)](actor, locked)
    _decide(locked, actor, RequestState.GRANTED, note)
    return Grant(locked, pin), False


def _assign_numbers(request: DeviceRequest, segments: Sequence[StockSegment]) -> None:
    """Put the numbers that an officer gives out on a company's request; drafts of officers have theirs.

    Raises: InvalidInputError without numbers, of another kind, or for more than was asked.
    """
    if not request.needs_numbers:
        return
    if not segments or any(item.kind != request.contents["kind"] for item in segments):
        raise InvalidInputError(_NUMBERS, fields={"first": [_NUMBERS]})
    asked, given = request.contents["count"], sum(item.end_number - item.next_number + 1 for item in segments)
    if not 1 <= given <= asked:
        words = str(_("企业申请 %(count)d 份，请发放 1 至 %(count)d 份。") % {"count": asked})
        raise InvalidInputError(words, fields={"count": [words]})
    request.contents = {**request.contents, "segments": [item.to_json() for item in segments]}


@transaction.atomic
def refuse_request(*, actor: User, request: DeviceRequest, note: str) -> DeviceRequest:
    """Refuse a request with the reason; refusing a report of loss takes the found disk back into use.

    Raises: NotPermittedError; InvalidInputError without a reason; RequestConflictError.
    """
    locked = _decidable(actor, request)
    if locked.state == RequestState.REFUSED:
        return locked
    if not locked.is_waiting:
        raise RequestConflictError
    if not note.strip():
        words = _("请写明不同意的理由，企业会看到您的原话。")
        raise InvalidInputError(words, fields={"note": [words]})
    if locked.kind == RequestKind.LOSS:
        lift_loss(actor=actor, device=locked.device, since=locked)
    _decide(locked, actor, RequestState.REFUSED, note)
    return locked


def enrol_successor(*, actor: User, request: DeviceRequest, serial: str) -> Device:
    """Take the new disk in for the same taxpayer, after it proved to hold its key, in place of the old one.

    The same new disk again changes nothing.
    Raises: NotPermittedError; RequestConflictError; the errors of `devices.services.enrolment.enrol_card`.
    """
    device = request.device
    require(policies.can_ask_for_device(actor, device), NOT_YOURS)
    if request.kind != RequestKind.REPLACE or request.state != RequestState.GRANTED:
        raise RequestConflictError("request.not_granted")
    if request.successor is not None:
        return request.successor
    if serial == device.serial:
        raise RequestConflictError("request.same_disk")
    new = enrol_card(actor=actor, taxpayer=device.taxpayer, serial=serial)
    return _succeed(actor, request, new)


@transaction.atomic
def _succeed(actor: User, request: DeviceRequest, new: Device) -> Device:
    locked = _lock(request)
    if locked.successor is None:
        if DeviceRequest.objects.filter(successor=new).exists():
            raise RequestConflictError("request.same_disk")
        locked.successor = new
        locked.save(update_fields=["successor"])
        _audit(locked, "devices.disk_replaced", actor, new=new.serial)
    return locked.successor


def _lock(request: DeviceRequest) -> DeviceRequest:
    rows = DeviceRequest.objects.select_for_update(of=("self",))
    found: DeviceRequest = rows.select_related("device__taxpayer__bureau", "successor", "created_by").get(pk=request.pk)
    return found


def _decision_title(request: DeviceRequest, state: RequestState) -> str:
    """Name what was decided; a report of loss that is refused is a disk that was found."""
    if request.kind == RequestKind.LOSS and state == RequestState.REFUSED:
        return str(_("挂失已解除"))
    return str(_("%(kind)s：%(state)s") % {"kind": request.get_kind_display(), "state": state.label})


def _decidable(actor: User, request: DeviceRequest) -> DeviceRequest:
    locked = _lock(request)
    reason = policies.why_not_decide(actor, locked)
    require(not reason, reason)
    return locked


def _decide(request: DeviceRequest, actor: User, state: RequestState, note: str) -> None:
    request.state, request.decided_by, request.decided_at = state, actor, clock.now()
    request.decision_note = note.strip()
    request.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "command", "contents"])
    _audit(request, f"devices.request_{state.value}", actor)
    account_services.send_notice(
        taxpayer=request.device.taxpayer,
        kind="device",
        title=_decision_title(request, state),
        body=str(_("税控设备 %(serial)s 的申请已办理。") % {"serial": request.device.serial}) + request.decision_note,
        link=request.get_absolute_url(),
        dedupe_key=f"device-request:{request.pk}:{state.value}",
    )


# ---- what a grant has the disk do; each returns the one-time PIN, if it made one ----


def _key(request: DeviceRequest) -> str:
    return f"request:{request.pk}"


def _unblock(actor: User, request: DeviceRequest) -> str:
    order = unblock_pin(actor=actor, device=request.device, reason=request.note, key=_key(request))
    request.command = order.command
    return order.transport_pin


def _change(actor: User, request: DeviceRequest) -> str:
    change = IssueDataChange.from_json(request.contents["change"])
    request.command = order_change_of_issue_data(
        actor=actor, device=request.device, change=change, reason=request.note, key=_key(request)
    )
    return ""


def _stock(actor: User, request: DeviceRequest) -> str:
    if request.kind == RequestKind.ADD_STOCK:
        # Since it was asked the disk may have signed more: the row is held, so that none is booked meanwhile.
        require_checked(Device.objects.select_for_update(of=("self",), no_key=True).get(pk=request.device_id))
    request.command = order_stock(
        actor=actor,
        device=request.device,
        segments=[StockSegment.from_json(item) for item in request.contents["segments"]],
        is_return=request.kind == RequestKind.RETURN_STOCK,
        reason=request.note,
        key=_key(request),
    )
    return ""


def _cancel(actor: User, request: DeviceRequest) -> str:
    reason = request.note or request.get_cause_display()
    request.command = cancel_device(actor=actor, device=request.device, reason=reason, key=_key(request))
    return ""


def _replace(actor: User, request: DeviceRequest) -> str:
    """End the old disk: by an order where it is settled and answers, else by barring it here at once."""
    device = (
        Device.objects.select_for_update(of=("self",), no_key=True)
        .select_related("taxpayer__bureau")
        .get(pk=request.device_id)
    )
    if device.status == DeviceStatus.ACTIVE and not request.base.get("needs_person"):
        return _cancel(actor, request)
    if device.status not in OUT_OF_USE:
        bar_locked(device, status=DeviceStatus.REPLACED, actor=actor, reason=request.cause)
    return ""


_CARRIED_OUT: dict[RequestKind, Callable[[User, DeviceRequest], str]] = {
    RequestKind.UNBLOCK: _unblock,
    RequestKind.CHANGE: _change,
    RequestKind.ADD_STOCK: _stock,
    RequestKind.RETURN_STOCK: _stock,
    RequestKind.CANCEL: _cancel,
    # A lost disk is ended should it ever turn up.
    RequestKind.LOSS: _cancel,
    RequestKind.REPLACE: _replace,
}


def _audit(request: DeviceRequest, action: str, actor: User, **data: Any) -> None:
    account_services.record_audit_event(
        actor=actor,
        action=action,
        obj=request,
        taxpayer=request.device.taxpayer,
        data={"kind": request.kind, "device": request.device.serial, **data},
    )
