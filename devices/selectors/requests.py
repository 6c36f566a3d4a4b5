"""Reads of requests about disks, and of the state from which a replacement starts."""

from __future__ import annotations

import uuid
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import selectors as account_selectors
from accounts.models import User
from devices.choices import UNSETTLED_COMMAND_STATES, CommandKind, CommandState, RequestKind, RequestState
from devices.models import Device, DeviceRequest
from devices.protocol.constants import KIND_GROUPS
from devices.rules.replacing import OldDisk
from taxhall.common.errors import NotFoundError

_RELATED = ("device__taxpayer__bureau", "created_by", "decided_by", "command", "successor")


def list_requests(*, device: Device) -> QuerySet[DeviceRequest]:
    """Return what was asked about a disk, newest first."""
    return device.requests.select_related(*_RELATED).order_by("-created_at")


def find_waiting_request(*, device: Device, kind: str) -> DeviceRequest | None:
    """Return the request of this kind that nobody has decided yet."""
    return device.requests.select_related(*_RELATED).waiting().filter(kind=kind).first()


def list_officer_requests(*, visible_to: User, is_waiting: bool = True) -> QuerySet[DeviceRequest]:
    """Return the requests of the officer's districts: those that wait, the oldest first, or the decided ones."""
    taxpayers = account_selectors.list_taxpayers(visible_to=visible_to)
    found = DeviceRequest.objects.filter(device__taxpayer__in=taxpayers).select_related(*_RELATED)
    if is_waiting:
        return found.waiting().order_by("created_at", "pk")
    return found.exclude(state=RequestState.WAITING).order_by("-decided_at", "-created_at")


def get_request(*, visible_to: User, number: uuid.UUID, device: Device | None = None) -> DeviceRequest:
    """Return one request the user may see. Raises: NotFoundError, the same for absent and for another's."""
    taxpayers = account_selectors.list_taxpayers(visible_to=visible_to)
    found = DeviceRequest.objects.filter(device__taxpayer__in=taxpayers, pk=number).select_related(*_RELATED)
    if device is not None:
        found = found.filter(device=device)
    request = found.first()
    if request is None:
        raise NotFoundError(_("没有找到这份设备申请。"), next_step=_("请从列表进入。"))
    return request


def old_disk_of(device: Device, *, today: date, is_read_now: bool) -> OldDisk:
    """Return the last proven state of a disk that is to be replaced or cancelled."""
    return OldDisk(
        is_read_now=is_read_now,
        is_period_over=device.period_end < today,
        is_reported=device.is_reported,
        signed_since_report=_signed_since_report(device),
        not_uploaded=max(0, device.sign_counter - device.uploaded_through),
        blank_invoices=sum(item.remaining for item in device.authorisations.all()),
        unsettled_commands=device.commands.filter(state__in=UNSETTLED_COMMAND_STATES).count(),
    )


def _signed_since_report(device: Device) -> int:
    """Return how many signatures no report holds; each group of kinds is reported by itself.

    Signatures that the hall does not hold count when they are later than everything reported, whatever their group.
    """
    reported: dict[str, int] = {}
    for group, last in device.reports.values_list("group", "message__last_counter"):
        reported[group] = max(reported.get(group, 0), int(last or 0))
    last_of_all = max(reported.values(), default=0)
    signed = device.commands.filter(kind__in=(CommandKind.ISSUE, CommandKind.VOID), state=CommandState.DONE)
    later = signed.filter(answer__counter__gt=last_of_all).count()
    earlier = sum(
        signed.filter(
            answer__kind__in=KIND_GROUPS[group], answer__counter__gt=last, answer__counter__lte=last_of_all
        ).count()
        for group, last in ((group, reported.get(group, 0)) for group in KIND_GROUPS)
        if last < last_of_all
    )
    return earlier + max(later, device.sign_counter - last_of_all)


def find_replacement(device: Device) -> DeviceRequest | None:
    """Return the granted replacement of a disk whose new disk is still to be taken in."""
    granted = device.requests.filter(kind=RequestKind.REPLACE, state=RequestState.GRANTED, successor=None)
    return granted.select_related(*_RELATED).first()
