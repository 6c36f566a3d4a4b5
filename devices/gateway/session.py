"""The host's side of one conversation with one disk, over any carrier.

Order matters: select, prove identity, then everything else. Each answer is checked for shape, status word
and signature before it is used; anything else is a transport fault, and what it may have done is unknown.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol, TypeVar

from devices.gateway.base import CardRefusedError, Channel, NotTheEnrolledDiskError
from devices.gateway.exchange import Exchange, read, require
from devices.protocol import commands
from devices.protocol.certificates import DiskCertificate, TrustAnchor
from devices.protocol.commands import Ins
from devices.protocol.constants import APPLET_ID, NONCE_LENGTH, UNBLOCK_PIN
from devices.protocol.errors import ProtocolError
from devices.protocol.message import SignedMessage, split_envelope
from devices.protocol.messages import (
    AuthorityOrder,
    ChallengeAnswer,
    ClearReceipt,
    ClearRequest,
    ClearToken,
    DiskIdentity,
    DiskLog,
    DiskReport,
    DiskStatus,
    InvoiceOrder,
    OrderReceipt,
    PeriodChoice,
    ReportOpening,
    SignedInvoice,
    SignedVoid,
    UploadAck,
    VersionInfo,
    VoidOrder,
)
from devices.protocol.profiles import PublicKey
from devices.protocol.status_words import SW

SignedT = TypeVar("SignedT", bound=SignedMessage)
SignedRecord = SignedInvoice | SignedVoid
CHUNK = 4096
NO_END = 2**64 - 1
MAX_REPORT = 60_000


class Period(Protocol):
    """A tax period: its first and last day."""

    @property
    def start(self) -> date: ...

    @property
    def end(self) -> date: ...


class DiskSession:
    """Typed operations of one disk over one open channel; a vendor's driver may have one of its own kind."""

    # A disk that cannot tell its last receipts again: an outcome that is not known goes to a person.
    has_read_back = True
    # A disk that cannot find a signed record again by its request: an invoice of unknown outcome goes to a person.
    has_record_read_back = True

    def __init__(self, channel: Channel, *, applet_id: bytes = APPLET_ID) -> None:
        self._exchange = Exchange(channel)
        self._applet_id = applet_id
        self._key: PublicKey | None = None
        self._identity: DiskIdentity | None = None

    # ---- who is there ----

    def select(self) -> VersionInfo:
        """Select the applet and return its version. Raises: CardRefusedError, TransportError."""
        return read(VersionInfo.from_bytes, self._exchange.ask(Ins.SELECT, self._applet_id, p1=commands.SELECT_BY_NAME))

    def version(self) -> VersionInfo:
        """Return which applet answers, and its version. Raises: CardRefusedError, TransportError."""
        return read(VersionInfo.from_bytes, self._exchange.ask(Ins.GET_VERSION))

    def certificate(self) -> DiskCertificate:
        """Return the disk's certificate, unproved. Raises: TransportError."""
        return read(DiskCertificate.load, self._exchange.ask(Ins.GET_CERT))

    def identity(self, trust: TrustAnchor | PublicKey, *, at: datetime | None = None) -> DiskIdentity:
        """Let the disk prove who it is; the key proved is used for every answer that follows.

        With a TrustAnchor the certificate must be from a trusted device CA and valid `at` the time (by the
        disk's own clock when not given); with a PublicKey it must hold exactly that enrolled key.

        Raises: NotTheEnrolledDiskError, TransportError.
        """
        certificate = self.certificate()
        answer = self._challenge(certificate.public_key)
        _trusted(trust, certificate, at or answer.clock)
        if (answer.serial, answer.taxpayer_number) != (certificate.serial, certificate.taxpayer_number):
            raise NotTheEnrolledDiskError("the disk and its certificate disagree", sent=False)
        self._key = certificate.public_key
        self._identity = _identity(certificate, answer)
        return self._identity

    def prove(self, nonce: bytes) -> ChallengeAnswer:
        """Let the disk sign somebody else's nonce; whoever made it judges the answer. Raises: TransportError."""
        return self._challenge(self._known_key(), nonce)

    def status(self, nonce: bytes = b"") -> DiskStatus:
        """Return the public state, signed over the nonce of whoever asks. Raises: TransportError."""
        nonce = nonce or os.urandom(NONCE_LENGTH)
        status = self._signed(DiskStatus, self._exchange.ask(Ins.GET_STATUS, nonce))
        require(status.nonce == nonce, "the status was not made for this question")
        return status

    def log(self, *, first: int = 0, last: int = NO_END) -> DiskLog:
        """Return a stretch of the disk's own log, from one entry number to another, as many as it gives at once.

        The entries are chained to each other and, at the end, to the head. Raises: TransportError.
        """
        nonce = os.urandom(NONCE_LENGTH)
        data = nonce + first.to_bytes(8, "big") + last.to_bytes(8, "big")
        log = self._signed(DiskLog, self._exchange.ask(Ins.GET_LOG, data))
        require(log.nonce == nonce, "the log was not made for this question")
        require(log.is_whole and all(first <= entry.number <= last for entry in log.entries), "the log has gaps")
        return log

    # ---- the PIN ----

    def pin_tries(self) -> int:
        """Return the PIN tries left; reading costs none. Raises: TransportError."""
        data = self._exchange.ask(Ins.PIN_TRIES)
        require(len(data) == 1, "tries of the wrong length")
        return data[0]

    def verify_pin(self, pin: str) -> None:
        """Give the PIN for the rest of this session. Never called again by itself after a refusal.

        Raises: CardRefusedError disk.pin_wrong with tries_left, disk.pin_blocked; TransportError.
        """
        self._exchange.tell(Ins.VERIFY_PIN, pin.encode(), p2=commands.PIN_REFERENCE)

    def change_pin(self, old: str, new: str) -> None:
        """Set a new PIN. Raises: CardRefusedError as for verify_pin, TransportError."""
        data = bytes((len(old.encode()),)) + old.encode() + new.encode()
        self._exchange.tell(Ins.CHANGE_PIN, data, p2=commands.PIN_REFERENCE)

    # ---- invoices ----

    def issue(self, order: InvoiceOrder) -> SignedInvoice:
        """Let the disk sign an invoice; the same request id gives the same record again.

        Raises: CardRefusedError (nothing was signed), TransportError (read back with find_signed).
        """
        invoice = self._signed(SignedInvoice, self._exchange.ask(Ins.ISSUE_INVOICE, order.to_bytes()))
        is_same = (invoice.request_id, invoice.order_digest) == (
            order.request_id,
            order.digest_under(invoice.algorithm),
        )
        require(is_same, "the record is of another order")
        return invoice

    def find_signed(self, request_id: str) -> SignedInvoice | None:
        """Return the invoice signed for a request id, or None. Raises: TransportError."""
        record = self._find(request_id)
        return record if isinstance(record, SignedInvoice) else None

    def find_void(self, request_id: str) -> SignedVoid | None:
        """Return the voiding signed for a request id, or None. Raises: TransportError."""
        record = self._find(request_id)
        return record if isinstance(record, SignedVoid) else None

    def signed(self, counter: int) -> SignedRecord:
        """Return the record with that counter.

        Raises: CardRefusedError disk.not_found, disk.record_dropped; TransportError.
        """
        data = self._exchange.ask(Ins.GET_SIGNED, counter.to_bytes(8, "big"), p1=commands.BY_COUNTER)
        record = self._record(data)
        require(record.counter == counter, "the record is another one")
        return record

    def last_signed(self) -> SignedRecord | None:
        """Return the newest record, or None when nothing was ever signed. Raises: TransportError."""
        data = self._exchange.ask_or_none(Ins.GET_LAST_SIGNED)
        return None if data is None else self._record(data)

    def void(self, kind: str, code: str, number: str, request_id: str) -> SignedVoid:
        """Void one invoice; the same request id gives the same record again.

        Raises: CardRefusedError (nothing changed), TransportError (read back with find_void).
        """
        order = VoidOrder(request_id=request_id, kind=kind, code=code, number=number)
        record = self._signed(SignedVoid, self._exchange.ask(Ins.VOID_INVOICE, order.to_bytes()))
        is_same = (record.request_id, record.kind, record.code, record.number) == (request_id, kind, code, number)
        require(is_same, "the record is of another invoice")
        return record

    def acknowledge(self, ack: UploadAck) -> None:
        """Hand over the authority's word that it holds the records. Raises: CardRefusedError, TransportError."""
        self._exchange.tell(Ins.MARK_UPLOADED, ack.to_envelope())

    # ---- report and clear ----

    def report(self, group: str, period: Period) -> DiskReport:
        """Report the period (抄税): close it and read its totals. The same bytes each time until cleared.

        Raises: CardRefusedError, TransportError (report again, nothing is lost).
        """
        opening = read(ReportOpening.from_bytes, self._exchange.ask(Ins.OPEN_REPORT, _choice(group, period)))
        require(opening.total_length <= MAX_REPORT, "the report is impossibly long")
        raw = b""
        while len(raw) < opening.total_length:
            raw += self.read_report(group, len(raw), min(CHUNK, opening.total_length - len(raw)))
        signature = self._exchange.ask(Ins.CLOSE_REPORT, group.encode())
        report = self._checked(read(DiskReport.unseal, raw, signature))
        require(_is_about(report, group, period), "the report is of another period")
        require(report.digest == opening.report_digest, "the report changed while it was read")
        return report

    def read_report(self, group: str, offset: int, length: int) -> bytes:
        """Return a stretch of a report, from any offset. Raises: CardRefusedError, TransportError."""
        chunk = self._exchange.ask(Ins.READ_REPORT, group.encode() + offset.to_bytes(4, "big"), le=length)
        require(len(chunk) == length, "a stretch of the report is missing")
        return chunk

    def begin_clear(self, group: str, period: Period) -> ClearRequest:
        """Let the disk ask to be cleared; older requests die. Raises: CardRefusedError, TransportError."""
        request = self._signed(ClearRequest, self._exchange.ask(Ins.BEGIN_CLEAR, _choice(group, period)))
        require(_is_about(request, group, period), "the request is of another period")
        return request

    def apply_clear(self, token: ClearToken) -> ClearReceipt:
        """Clear the disk; the same token again gives the same receipt.

        A refusal is believed only after the disk proved that its clear counter did not move since this
        session began: status words are not signed, and a forged one must not hide a clear.

        Raises: CardRefusedError (nothing changed), TransportError (read last_clear before anything else).
        """
        before = self._known_identity()
        try:
            data = self._exchange.ask(Ins.APPLY_CLEAR, token.to_envelope())
        except CardRefusedError:
            now = self._challenge(self._known_key())
            require(now.clear_counter == before.clear_counter, "the disk refused, yet its counter moved")
            raise
        receipt = self._signed(ClearReceipt, data)
        is_same = (receipt.token_digest, receipt.command_id) == (token.digest, token.command_id)
        require(is_same, "the receipt is for another command")
        self._identity = replace(before, clear_counter=max(before.clear_counter, receipt.clear_counter_after))
        return receipt

    def abort_clear(self, group: str = "A") -> None:
        """Withdraw the disk's open request; a new one is needed. Raises: CardRefusedError, TransportError."""
        self._exchange.tell(Ins.ABORT_CLEAR, group.encode())

    def last_clear(self, group: str = "") -> ClearReceipt | None:
        """Return the last receipt of a group, of any when none is named; None when never cleared.

        Raises: CardRefusedError for a group the disk does not hold, TransportError.
        """
        self._require_read_back()
        data = self._exchange.ask_or_none(Ins.GET_LAST_CLEAR, group.encode())
        return None if data is None else self._signed(ClearReceipt, data)

    # ---- orders ----

    def apply_order(self, order: AuthorityOrder) -> OrderReceipt:
        """Hand over an order of the authority; the same order again gives the same receipt.

        A refusal is believed only after the disk proved that its order counter did not move; see apply_clear.

        Raises: CardRefusedError (nothing changed), TransportError (read last_order before anything else).
        """
        before = self._known_identity()
        is_unblock = order.action == UNBLOCK_PIN
        ins, p2 = (Ins.UNBLOCK_PIN, commands.PIN_REFERENCE) if is_unblock else (Ins.APPLY_ORDER, 0)
        try:
            data = self._exchange.ask(ins, order.to_envelope(), p2=p2)
        except CardRefusedError:
            now = self._challenge(self._known_key())
            require(now.order_counter == before.order_counter, "the disk refused, yet its counter moved")
            raise
        receipt = self._signed(OrderReceipt, data)
        is_same = (receipt.token_digest, receipt.order_id) == (order.digest, order.order_id)
        require(is_same, "the receipt is for another order")
        self._identity = replace(before, order_counter=max(before.order_counter, receipt.order_counter_after))
        return receipt

    def last_order(self) -> OrderReceipt | None:
        """Return the receipt of the last order, or None when there was none. Raises: TransportError."""
        self._require_read_back()
        data = self._exchange.ask_or_none(Ins.GET_LAST_ORDER)
        return None if data is None else self._signed(OrderReceipt, data)

    # ---- checks ----

    def _require_read_back(self) -> None:
        if not self.has_read_back:
            raise CardRefusedError("disk.no_read_back", SW.INS_UNKNOWN)

    def _known_key(self) -> PublicKey:
        if self._key is None:
            raise RuntimeError("the disk has not proved its identity in this session")
        return self._key

    def _known_identity(self) -> DiskIdentity:
        if self._identity is None:
            raise RuntimeError("the disk has not proved its identity in this session")
        return self._identity

    def _challenge(self, key: PublicKey, nonce: bytes = b"") -> ChallengeAnswer:
        nonce = nonce or os.urandom(NONCE_LENGTH)
        answer = read(ChallengeAnswer.from_envelope, self._exchange.ask(Ins.CHALLENGE, nonce))
        read(answer.verify, key)
        require(answer.nonce == nonce, "the challenge was answered for another nonce")
        return answer

    def _find(self, request_id: str) -> SignedRecord | None:
        if not self.has_record_read_back:
            raise CardRefusedError("disk.no_read_back", SW.INS_UNKNOWN)
        data = self._exchange.ask_or_none(Ins.GET_SIGNED, bytes.fromhex(request_id), p1=commands.BY_REQUEST_ID)
        if data is None:
            return None
        record = self._record(data)
        require(record.request_id == request_id, "the record is of another request")
        return record

    def _record(self, data: bytes) -> SignedRecord:
        raw, _ = read(split_envelope, data)
        if SignedVoid.is_labelled(raw):
            return self._signed(SignedVoid, data)
        return self._signed(SignedInvoice, data)

    def _signed(self, cls: type[SignedT], data: bytes) -> SignedT:
        return self._checked(read(cls.from_envelope, data))

    def _checked(self, message: SignedT) -> SignedT:
        read(message.verify, self._known_key())
        serial = getattr(message, "serial", None)
        require(serial == self._known_identity().serial, "the answer names another disk")
        return message


def _trusted(trust: TrustAnchor | PublicKey, certificate: DiskCertificate, at: datetime) -> None:
    if isinstance(trust, PublicKey):
        if trust != certificate.public_key:
            raise NotTheEnrolledDiskError("the disk holds another key than the enrolled one", sent=False)
        return
    try:
        trust.verify(certificate.der, at=at)
    except ProtocolError as error:
        raise NotTheEnrolledDiskError(str(error), sent=False) from error


def _identity(certificate: DiskCertificate, answer: ChallengeAnswer) -> DiskIdentity:
    return DiskIdentity(
        serial=answer.serial,
        taxpayer_number=answer.taxpayer_number,
        taxpayer_name=certificate.taxpayer_name,
        certificate=certificate.der,
        algorithm=certificate.algorithm,
        key_id=certificate.public_key.key_id,
        clock=answer.clock,
        sign_counter=answer.sign_counter,
        report_counter=answer.report_counter,
        clear_counter=answer.clear_counter,
        order_counter=answer.order_counter,
    )


def _choice(group: str, period: Period) -> bytes:
    return PeriodChoice(group=group, period_start=period.start, period_end=period.end).to_bytes()


def _is_about(message: DiskReport | ClearRequest, group: str, period: Period) -> bool:
    return (message.group, message.period_start, message.period_end) == (group, period.start, period.end)
