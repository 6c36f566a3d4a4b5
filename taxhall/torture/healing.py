"""What happens once the faults have stopped: disks come back, and people do what the hall asks of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, connection

from clearcard import services as clear_services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.errors import CardAbsentError, ReaderBrokenError
from devices.gateway.client import HostUnavailableError, SocketCardHost
from devices.gateway.wire import CardRequest, WireError
from devices.models import Device
from invoicing import services as invoicing_services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from taxhall.common.errors import TaxhallError
from taxhall.torture.lane import Lane

# As long as the hall may take for its next look at a disk that it could not read.
LOOK_SECONDS = 45.0
# Codes at which the page asks for the disk to be pulled and put in again.
_PLUG_IN_ANEW = (CardAbsentError.code, ReaderBrokenError.code)


def heal(lanes: Sequence[Lane]) -> None:
    """Put every disk right and back into a reader."""
    for lane in lanes:
        if lane.understudy is not None:
            lane.control(do="remove", serial=lane.understudy.serial)
        lane.control(do="heal")
        lane.control(do="clock", offset_seconds=0)
        lane.control(do="insert")


def sweep() -> None:
    """Ring for whatever is due, as the beat does every twenty seconds."""
    with suppress(DatabaseError):
        clear_services.sweep_cases()
        invoicing_services.sweep_invoices()


def help_along(lanes: Sequence[Lane]) -> None:
    """Do what the page tells people to do: put the reader back into use, read the disk, give the PIN, try again."""
    close_breakers()
    sweep()
    for lane in lanes:
        try:
            _help(lane)
        except TaxhallError as error:
            lane.notes.append(f"help: {error.code}")
        except DatabaseError:
            connection.close()


def _help(lane: Lane) -> None:
    if lane.is_issue:
        _help_issue(lane)
        return
    if not lane.is_pressed():
        lane.press()
        return
    case = ClearCardCase.objects.get(pk=lane.pk)
    if case.status == CaseStatus.REFUSED:
        clear_services.retry_case(actor=lane.player.user, case=case)
    if case.waiting_code in _PLUG_IN_ANEW:
        _plug_in_anew(lane)
    device_services.read_device(actor=lane.player.user, device=Device.objects.get(pk=lane.player.device.pk))


def _plug_in_anew(lane: Lane) -> None:
    """Pull the disk and put it in again, as the page says.

    A reader that hangs is let go by that alone; a card service that stood still while the disk left and came back
    takes the slot for empty until it sees the disk leave. Whoever has done so gives the hall time to look.
    """
    now = time.monotonic()
    if lane.plugged_in_at is not None and now - lane.plugged_in_at < LOOK_SECONDS:
        return
    lane.plugged_in_at = now
    lane.control(do="remove")
    lane.control(do="insert")


def _help_issue(lane: Lane) -> None:
    invoice = Invoice.objects.get(pk=lane.pk)
    if invoice.error_code in _PLUG_IN_ANEW:
        _plug_in_anew(lane)
    if invoice.state == InvoiceState.DRAFT:
        # The disk said no, and the draft came back; the person presses again, with a new key.
        lane.unlock()
        if invoice.issue_key == lane.key:
            lane.key = uuid.uuid4().hex
        lane.press()
    lane.unlock()


def close_breakers() -> None:
    """Test every reader that is out of use, as a person does."""
    with suppress(HostUnavailableError, WireError):
        host = SocketCardHost(settings.CARDHOST_SOCKET)
        for reader in host.status().get("readers", ()):
            if reader["is_broken"]:
                host.exchange(CardRequest(kind="selftest", reader=reader["reader"]))
