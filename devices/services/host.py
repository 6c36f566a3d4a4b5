"""The one door to disks: no transaction open, and every fault told as what it means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from devices.errors import (
    CardAbsentError,
    CardHostUnavailableError,
    CardNotReadError,
    CardOutcomeUnknownError,
    CardRefusedError,
    DiskError,
    PinAtAgentError,
    ReaderBrokenError,
    RefusalUnprovedError,
    WrongCardError,
)
from devices.gateway.client import CardHost, HostUnavailableError
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind, WireError
from devices.models import Device
from devices.services.agents.carrier import (
    AgentCardHost,
    UnprovedFaultError,
    find_last_place,
    find_place,
    is_heard,
)

_override: list[CardHost] = []


@contextmanager
def use_card_host(client: CardHost) -> Iterator[CardHost]:
    """Let every call inside reach disks through `client`, in all threads of this process."""
    _override.append(client)
    try:
        yield client
    finally:
        _override.remove(client)


def card_host() -> CardHost:
    """Return who carries requests to disks in this process."""
    if _override:
        return _override[-1]
    client: CardHost = import_string(settings.CARDHOST_CLIENT)(settings.CARDHOST_SOCKET)
    return client


def card_host_state(device: Device | None = None) -> dict[str, Any] | None:
    """Return the readiness list of whoever carries requests to the disk (or of this hall's own card host).

    None when the card host does not answer.
    """
    place = find_place(device.serial) if device is not None else None
    try:
        if place is not None:
            return AgentCardHost(place).status()
        return card_host().status()
    except (HostUnavailableError, WireError):
        return None


def visit(
    device: Device, *steps: dict[str, Any], deadline: float, pin: str | None = None, new_pin: str | None = None
) -> CardAnswer:
    """Do the steps on a disk that proves to be `device`, and return what it answered.

    Raises: RuntimeError inside a transaction; CardAbsentError, CardHostUnavailableError,
    CardNotReadError, CardOutcomeUnknownError, CardRefusedError, WrongCardError, ReaderBrokenError.
    """
    request = CardRequest(
        serial=device.serial,
        certificate=device.certificate,
        steps=steps,
        pin=pin,
        new_pin=new_pin,
        deadline=deadline,
        driver=device.driver,
    )
    return ask(request)


def ask(request: CardRequest) -> CardAnswer:
    """Carry one request to wherever the disk proved to be; see `visit`."""
    forbid_transaction()
    place = find_place(request.serial)
    is_silent = place is not None and not is_heard(place)
    if place is not None and not is_silent and request.pin is not None:
        raise PinAtAgentError
    try:
        host = card_host() if place is None or is_silent else AgentCardHost(place)
        answer = host.exchange(request)
    except HostUnavailableError as error:
        if error.sent and request.is_changing:
            raise _unknown_after(error) from error
        if is_silent or (place is None and _is_at_silent_agent(request.serial)):
            raise CardAbsentError("disk.agent_silent") from error
        raise CardHostUnavailableError(error.code or None) from error
    except WireError as error:
        raise (CardOutcomeUnknownError if request.is_changing else CardHostUnavailableError) from error
    if answer.fault is None:
        if len(answer.results) != len(request.steps):
            raise CardOutcomeUnknownError if request.is_changing else CardNotReadError
        return answer
    if answer.fault.kind == FaultKind.ABSENT and not answer.fault.sent and _is_at_silent_agent(request.serial):
        raise CardAbsentError("disk.agent_silent")
    raise error_of(answer.fault)


def _unknown_after(error: HostUnavailableError) -> CardOutcomeUnknownError:
    if isinstance(error, UnprovedFaultError) and error.fault.kind == FaultKind.REFUSED:
        return RefusalUnprovedError(CardRefusedError(error.fault.code, status_word=error.fault.status_word))
    return CardOutcomeUnknownError()


def _is_at_silent_agent(serial: str) -> bool:
    """Say whether a disk that is nowhere was last at a PC that is switched off: that is what is to be told."""
    place = find_last_place(serial)
    return place is not None and not is_heard(place)


def forbid_transaction() -> None:
    """Refuse an outside call while rows are locked: a slow disk would hold them all.

    Raises: RuntimeError.
    """
    with transaction.atomic(durable=True):
        pass


def error_of(fault: Fault) -> DiskError:
    """Return the hall's error for a fault; whatever may have been sent is in doubt, whatever its kind."""
    if fault.kind == FaultKind.REFUSED:
        return CardRefusedError(fault.code, status_word=fault.status_word, tries_left=fault.tries_left)
    if fault.sent:
        return CardOutcomeUnknownError()
    if fault.kind == FaultKind.BUSY:
        return CardHostUnavailableError("disk.busy")
    if fault.kind == FaultKind.NO_SPACE:
        return CardHostUnavailableError("disk.agent_no_space")
    return {
        FaultKind.ABSENT: CardAbsentError,
        FaultKind.WRONG_CARD: WrongCardError,
        FaultKind.BREAKER: ReaderBrokenError,
        FaultKind.BROKEN: CardNotReadError,
        FaultKind.STUCK: CardNotReadError,
    }.get(fault.kind, CardHostUnavailableError)()
