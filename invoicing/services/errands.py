"""One errand to a disk, whatever it is: who may run it, what each ending means, how doubt is resolved.

An errand may be run any number of times, in any number of workers: the command's lease decides who acts, the
disk's request id makes a second order harmless, and a result is recorded once.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from devices import services as device_services
from devices.errors import (
    CardAbsentError,
    CardHostUnavailableError,
    CardNotReadError,
    CardRefusedError,
    LeaseLostError,
    ReaderBrokenError,
    WrongCardError,
)
from devices.models import DeviceCommand
from devices.services import Lease
from invoicing.errors import NoReadBackError
from invoicing.models import Invoice
from invoicing.services import outcome
from taxhall.common import doorbell, failpoints
from taxhall.common.errors import TaxhallError

logger = logging.getLogger(__name__)

# The disk was not asked: the order stays in the outbox and is tried again.
NOTHING_SENT = (CardAbsentError, CardHostUnavailableError, CardNotReadError, ReaderBrokenError, WrongCardError)
# Asked what it signed, the disk has no means to say: only a person can find out.
CANNOT_TELL = frozenset({"disk.no_read_back", "disk.unsupported"})
RETRY_STEP = timedelta(seconds=10)
RETRY_LIMIT = timedelta(seconds=60)


@dataclass
class Errand(ABC):
    """What is asked of the disk for one invoice, and how its answer is recorded."""

    invoice: Invoice
    command: DeviceCommand

    @property
    def invoice_id(self) -> int:
        """The invoice's primary key."""
        return self.invoice.pk

    @property
    @abstractmethod
    def task(self) -> Any:
        """The task that runs this errand again."""

    @abstractmethod
    def send(self) -> Any:
        """Ask the disk to act; outside every transaction."""

    @abstractmethod
    def find(self) -> Any | None:
        """Ask the disk whether it acted; None is its proof that it never did."""

    @abstractmethod
    def record(self, answer: Any) -> None:
        """Write the disk's verified answer into the ledger, once."""

    @abstractmethod
    def refuse(self, error: TaxhallError) -> None:
        """Write that the disk did not act and will not; inside a transaction."""

    @abstractmethod
    def why_not_again(self) -> TaxhallError | None:
        """Say why an order that never ran must not be sent again, if so."""


def run_errand(errand: Errand) -> None:
    """Send the order, or read back what became of it; do nothing when another carrier has it.

    Rule: after any failure once sending began the invoice is 待核实, and only the disk's own word leaves that
    state (trust R-10); the order is sent again only when the disk proves that it never ran (R-13). Where the disk
    cannot tell, a person settles it.
    """
    with _place("claim", errand):
        lease = device_services.claim_to_send(command_id=errand.command.pk)
    if lease is None:
        return
    try:
        if lease.must_read_first:
            _read_back(errand, lease)
        else:
            _send(errand, lease)
    except LeaseLostError:
        logger.info("invoice %s: another carrier has taken over", errand.invoice_id)


def _send(errand: Errand, lease: Lease) -> None:
    try:
        with _place("send", errand):
            answer = errand.send()
    except CardRefusedError as error:
        _refuse(errand, lease, error)
    except NOTHING_SENT as error:
        _wait(errand, lease, error)
    except TaxhallError as error:
        _doubt(errand, lease, error, delay=timedelta())
    else:
        _record(errand, answer)


def _record(errand: Errand, answer: Any) -> None:
    with _place("record", errand):
        errand.record(answer)


@contextmanager
def _place(name: str, errand: Errand) -> Iterator[None]:
    failpoints.reach(f"issue.{name}.before", errand.invoice_id)
    yield
    failpoints.reach(f"issue.{name}.after", errand.invoice_id)


def _read_back(errand: Errand, lease: Lease) -> None:
    try:
        with _place("find", errand):
            answer = errand.find()
    except TaxhallError as error:
        if error.code in CANNOT_TELL:
            _hand_over(errand, lease)
        else:
            _doubt(errand, lease, error, delay=_backoff(errand), is_reading=True)
        return
    if answer is not None:
        _record(errand, answer)
        return
    reason = errand.why_not_again()
    if reason is not None:
        _refuse(errand, lease, reason)
        return
    device_services.requeue_command(lease=lease)
    run_errand(errand)


@transaction.atomic
def _refuse(errand: Errand, lease: Lease, error: TaxhallError) -> None:
    device_services.refuse_command(lease=lease, error=error)
    errand.refuse(error)


@transaction.atomic
def _wait(errand: Errand, lease: Lease, error: TaxhallError) -> None:
    device_services.requeue_command(lease=lease, error=error, delay=_backoff(errand))
    outcome.note_waiting(outcome.lock_invoice(errand.invoice_id), error)


@transaction.atomic
def _doubt(errand: Errand, lease: Lease, error: TaxhallError, *, delay: timedelta, is_reading: bool = False) -> None:
    device_services.doubt_command(lease=lease, error=error, delay=delay)
    outcome.note_doubt(outcome.lock_invoice(errand.invoice_id), error, is_reading=is_reading)
    if not delay:
        doorbell.ring_on_commit(errand.task, errand.invoice_id)


@transaction.atomic
def _hand_over(errand: Errand, lease: Lease) -> None:
    """Leave the invoice 待核实 for a person: nothing is guessed, nothing is sent again."""
    error = NoReadBackError()
    device_services.escalate_command(lease=lease, error=error)
    outcome.note_for_person(outcome.lock_invoice(errand.invoice_id), error)


def _backoff(errand: Errand) -> timedelta:
    return min(RETRY_STEP * (errand.command.attempts + 1), RETRY_LIMIT)
