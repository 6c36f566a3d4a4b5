"""Carrying out what the authority signed for a disk: orders and acknowledgements, from their rows in the outbox.

The steps, each its own transaction, never one around a call to the disk:
 (a) claim the row; read the disk; judge by its own word whether an earlier attempt ran.
 (b) sign for the disk as it is now and store the signed message; nothing was sent.
 (c) note `sending`; then send. From here on only the disk's own word counts.
 (d) record its receipt; or `refused` when it said no; or `in_doubt` after any other end.
Whoever dies between the steps leaves a row that says so; the sweeper takes over when the lease ends.
"""

from __future__ import annotations

import logging
import uuid
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from devices import tasks
from devices.choices import CommandKind
from devices.errors import (
    CardAbsentError,
    CardHostUnavailableError,
    CardNotReadError,
    CardOutcomeUnknownError,
    CardRefusedError,
    CommandConflictError,
    DiskError,
    KeyChangedError,
    LeaseLostError,
    ReaderBrokenError,
    RefusalUnprovedError,
    SignerNotHereError,
    WrongCardError,
)
from devices.models import Device, DeviceCommand
from devices.protocol.messages import AuthorityOrder, OrderReceipt, UploadAck
from devices.rules.orders import OrderWord, SentOrder, Verdict, judge_order, judge_upload
from devices.services.agents.denials import is_order_over
from devices.services.cards import acknowledge_on_card, apply_order_on_card, read_orders
from devices.services.commands import (
    Lease,
    claim_command,
    doubt_command,
    escalate_command,
    finish_command,
    mark_sending,
    refuse_command,
    requeue_command,
)
from devices.services.order_records import record_order
from devices.services.order_tokens import CURED_BY_SIGNING, sign_acknowledgement, sign_order
from devices.services.readings import read_device
from devices.services.records import OrderReading, command_reference, record_reading
from devices.services.signing import require_current_key
from devices.services.uploads import acknowledge_upload
from taxhall.common.doorbell import ring, ring_on_commit
from taxhall.common.errors import TaxhallError

logger = logging.getLogger(__name__)

# The disk was not asked: the row stays in the outbox and is tried again.
NOTHING_SENT = (CardAbsentError, CardHostUnavailableError, CardNotReadError, ReaderBrokenError, WrongCardError)
# Refusals after which the hall tries again by itself; the last one waits for the upload to be acknowledged.
NOT_UPLOADED = "disk.not_uploaded"
CURABLE = CURED_BY_SIGNING | {NOT_UPLOADED}
CURABLE_TRIES = 3
# The disk has carried out an earlier signature of the very same row.
ALREADY_RAN = "disk.order_reused"
STEP, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=5)
SWEEP_LIMIT = 200
LONGEST_CODE = 60


class SignedErrand(ABC):
    """One row of the outbox whose message the authority signs: how it is done and how it is found again."""

    # Whether only a receipt read back proves it; an acknowledgement shows in the disk's signed state.
    needs_read_back = True

    def __init__(self, command: DeviceCommand) -> None:
        self.command = command
        self.device: Device = command.device

    @abstractmethod
    def judge(self, reading: OrderReading) -> Verdict:
        """Say by the disk's own word whether it ran."""

    @abstractmethod
    def sign(self, reading: OrderReading, /) -> Any:
        """Return the signed message, stored on the row."""

    @abstractmethod
    def send(self, message: Any) -> Any:
        """Hand it to the disk; outside every transaction."""

    @abstractmethod
    def record(self, answer: Any) -> None:
        """Write the disk's verified answer to the ledger, once."""

    @abstractmethod
    def record_found(self, reading: OrderReading) -> None:
        """Write what a reading proves to the ledger, once."""


class OrderErrand(SignedErrand):
    """An order of the authority, proved by its receipt."""

    def judge(self, reading: OrderReading) -> Verdict:
        """Decide by counter and last receipt; without a signature it never ran."""
        if self.command.token is None:
            return Verdict.NEVER_RAN
        expected = AuthorityOrder.from_json(self.command.token).expected_order_counter
        sent = SentOrder(command_reference(self.command), expected)
        last = reading.last_order
        word = OrderWord(reading.status.order_counter)
        if last is not None:
            word = OrderWord(reading.status.order_counter, last.order_id, last.order_counter_after)
        return judge_order(sent, word)

    def sign(self, reading: OrderReading, /) -> AuthorityOrder:
        """Sign it for the counter that the disk has just proved."""
        return sign_order(command=self.command, reading=reading)

    def send(self, message: AuthorityOrder) -> OrderReceipt:
        """Let the disk carry it out."""
        return apply_order_on_card(device=self.device, order=message)

    def record(self, answer: OrderReceipt) -> None:
        """Keep the receipt, then look at the disk for what has changed."""
        record_order(device=self.device, receipt=answer)
        try:
            read_device(actor=None, device=self.device)
        except DiskError as error:
            logger.info("device %s not read after its order: %s", self.device.serial, error.code)

    def record_found(self, reading: OrderReading) -> None:
        """Keep the receipt that was read back."""
        if reading.last_order is not None:
            record_order(device=self.device, receipt=reading.last_order)
        record_reading(device=self.device, reading=reading)


class UploadErrand(SignedErrand):
    """An acknowledgement of uploads, proved by how far the disk has taken it."""

    needs_read_back = False

    def judge(self, reading: OrderReading) -> Verdict:
        """Decide by the disk's signed state."""
        return judge_upload(self.command.payload["last"], reading.status.uploaded_through)

    def sign(self, _reading: OrderReading, /) -> UploadAck:
        """Sign that the hall holds the range."""
        return sign_acknowledgement(command=self.command)

    def send(self, message: UploadAck) -> OrderReading:
        """Tell the disk and have it say how far it has taken it."""
        return acknowledge_on_card(device=self.device, ack=message)

    def record(self, answer: OrderReading) -> None:
        """Keep the disk's signed state as the proof."""
        self.record_found(answer)

    @transaction.atomic
    def record_found(self, reading: OrderReading) -> None:
        """Keep the disk's signed state as the proof."""
        record_reading(device=self.device, reading=reading)
        finish_command(command=self.command, answer=reading.status.to_json())


ERRANDS: dict[str, type[SignedErrand]] = {
    CommandKind.ORDER: OrderErrand,
    CommandKind.ACKNOWLEDGE: UploadErrand,
}


def carry_out_command(*, command_id: uuid.UUID | str) -> DeviceCommand:
    """Bring an order or acknowledgement to its end, or as far as the disk allows now; safe to run twice.

    Rule: after any failure once sending began only the disk's own word counts (trust.md R-10); it is sent
    again only when the disk proves that it never ran (R-13).
    """
    command = DeviceCommand.objects.get(pk=command_id)
    if command.kind in ERRANDS:
        lease = claim_command(command_id=command_id)
        if lease is not None:
            _carry_out(lease)
    return DeviceCommand.objects.select_related("device").get(pk=command_id)


def _carry_out(lease: Lease) -> None:
    errand = ERRANDS[lease.command.kind](lease.command)
    try:
        _attempt(errand, lease)
    except LeaseLostError:
        logger.info("command %s: another carrier has taken over", lease.command_id)


def _attempt(errand: SignedErrand, lease: Lease) -> None:
    try:
        reading = read_orders(device=errand.device)
    except TaxhallError as error:
        _put_off(lease, error)
        return
    if lease.must_read_first and not reading.has_read_back and errand.needs_read_back:
        escalate_command(lease=lease, error=CardOutcomeUnknownError("disk.no_read_back"))
        return
    verdict = errand.judge(reading)
    if verdict is not Verdict.INCONSISTENT and _is_kept(errand, reading, is_ours=verdict is Verdict.RAN):
        if verdict is Verdict.RAN:
            return
        if not lease.must_read_first:
            _sign_and_send(errand, lease, reading)
            return
        _never_ran(lease, reading)
        return
    escalate_command(lease=lease, error=CardOutcomeUnknownError("order.inconsistent"))


def _never_ran(lease: Lease, reading: OrderReading) -> None:
    """The disk proved that it has not run: back to the queue, and on from there at once.

    Rule: what a PC called refused is refused only when the disk's own clock has made the signed order worthless:
    until then whoever kept it may still have it carried out, and what it moves is not free.
    """
    if not lease.command.refused_as:
        requeue_command(lease=lease)
        carry_out_command(command_id=lease.command_id)
        return
    refusal, order = CardRefusedError(lease.command.refused_as), AuthorityOrder.from_json(lease.command.token or {})
    if is_order_over(order, reading.status):
        with transaction.atomic():
            DeviceCommand.objects.filter(pk=lease.command_id).update(refused_as="")
            refuse_command(lease=lease, error=refusal)
        return
    left = order.expires_at - reading.status.clock
    doubt_command(lease=lease, error=RefusalUnprovedError(refusal), delay=min(max(left, STEP), LONGEST_WAIT))


def _is_kept(errand: SignedErrand, reading: OrderReading, *, is_ours: bool) -> bool:
    """Keep what the reading proves, and say whether it fits the ledger.

    A receipt that the ledger has lost is kept before another order takes its place on the disk.
    """
    try:
        if is_ours:
            errand.record_found(reading)
        elif reading.last_order is not None:
            record_order(device=errand.device, receipt=reading.last_order)
    except CommandConflictError:
        logger.exception("what device %s says of its orders contradicts the ledger", errand.device.serial)
        return False
    return True


def _sign_and_send(errand: SignedErrand, lease: Lease, reading: OrderReading) -> None:
    try:
        message = errand.sign(reading)
        require_current_key(message)
    except SignerNotHereError as error:
        requeue_command(lease=lease, error=error, delay=LONGEST_WAIT)
        return
    except KeyChangedError as error:
        requeue_command(lease=lease, error=error, delay=STEP)
        return
    except LeaseLostError:
        raise
    except TaxhallError as error:
        refuse_command(lease=lease, error=error)
        return
    with transaction.atomic():
        mark_sending(lease=lease)
    try:
        answer = errand.send(message)
    except CardRefusedError as error:
        _refused(errand, lease, error)
    except RefusalUnprovedError as error:
        _refused(errand, lease, error.refusal, doubt=error)
    except NOTHING_SENT as error:
        requeue_command(lease=lease, error=error, delay=_backoff(lease))
    except TaxhallError as error:
        _doubt(lease, error)
    else:
        try:
            errand.record(answer)
        except CommandConflictError as error:
            # The disk answered something the ledger cannot take: read it before anything else.
            _doubt(lease, error)


@transaction.atomic
def _refused(
    errand: SignedErrand, lease: Lease, error: CardRefusedError, *, doubt: RefusalUnprovedError | None = None
) -> None:
    # The disk before its command, as whoever records a receipt or claims one locks them.
    Device.objects.select_for_update(no_key=True).values_list("pk").get(pk=errand.device.pk)
    DeviceCommand.objects.filter(pk=lease.command_id).update(refusals=F("refusals") + 1)
    if error.code == ALREADY_RAN:
        _doubt(lease, error)
    elif error.code in CURABLE and lease.command.refusals < CURABLE_TRIES:
        # It stays to be done: nothing that it moves becomes free.
        requeue_command(lease=lease, error=error, delay=STEP)
        if error.code == NOT_UPLOADED:
            acknowledge_upload(device=errand.device)
    elif doubt is not None and errand.needs_read_back:
        DeviceCommand.objects.filter(pk=lease.command_id).update(refused_as=error.code[:LONGEST_CODE])
        doubt_command(lease=lease, error=doubt, delay=STEP)
    else:
        refuse_command(lease=lease, error=error)


@transaction.atomic
def _doubt(lease: Lease, error: TaxhallError) -> None:
    doubt_command(lease=lease, error=error)
    ring_on_commit(tasks.carry_out_command, lease.command_id)


def _put_off(lease: Lease, error: TaxhallError) -> None:
    """Nothing is known that was not known before; look again later."""
    note = doubt_command if lease.must_read_first else requeue_command
    note(lease=lease, error=error, delay=_backoff(lease))


def _backoff(lease: Lease) -> timedelta:
    return min(STEP * lease.command.attempts, LONGEST_WAIT)


def sweep_commands() -> int:
    """Ring for every order and acknowledgement that is due, and return how many."""
    due = DeviceCommand.objects.filter(kind__in=list(ERRANDS)).claimable(timezone.now()).order_by("created_at", "pk")
    found = list(due.values_list("pk", flat=True)[:SWEEP_LIMIT])
    for pk in found:
        ring(tasks.carry_out_command, pk)
    return len(found)
