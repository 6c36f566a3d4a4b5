"""What a disk says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from devices.protocol import profiles
from devices.protocol import vocabulary as v
from devices.protocol.constants import MAX_SEGMENTS
from devices.protocol.message import Message, SignedMessage
from devices.protocol.wire import Inner, Many


@dataclass(frozen=True, kw_only=True)
class VersionInfo(Message):
    """The applet in the disk; readable before anything is proved."""

    applet: v.Applet
    version: v.Version
    algorithm: v.Profile
    is_virtual: v.IsVirtual


@dataclass(frozen=True, kw_only=True)
class ChallengeAnswer(SignedMessage):
    """Proof of identity: the host's nonce signed together with serial, clock and counters."""

    LABEL: ClassVar[str] = "taxhall/challenge/1"

    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    clock: v.Clock
    sign_counter: v.SignCounter
    report_counter: v.ReportCounter
    clear_counter: v.ClearCounter
    order_counter: v.OrderCounter
    nonce: v.Nonce


@dataclass(frozen=True, kw_only=True)
class DiskIdentity(Message):
    """Who the disk proved to be, as the session learned it; it does not travel to or from the disk."""

    serial: str
    taxpayer_number: str
    taxpayer_name: str
    certificate: bytes  # X.509, DER
    algorithm: str
    key_id: str
    clock: datetime
    sign_counter: int
    report_counter: int
    clear_counter: int
    order_counter: int = 0


@dataclass(frozen=True, kw_only=True)
class StockSegment(Message):
    """A run of blank invoices of one kind and code, from next to end, both included."""

    kind: v.Kind
    code: v.Code
    next_number: v.NextNumber
    end_number: v.EndNumber


@dataclass(frozen=True, kw_only=True)
class KindAuthorisation(Message):
    """One invoice kind the disk may issue (票种授权): the segment in use, and those that wait behind it."""

    kind: v.Kind
    limit: v.Limit  # the tax-exclusive total must not reach it (单张开票限额)
    is_red_allowed: v.IsRedAllowed = True
    code: v.Code
    next_number: v.NextNumber
    end_number: v.EndNumber
    rates: v.Rates
    later: Annotated[tuple[StockSegment, ...], v.structure(0x77, Many(Inner(StockSegment), MAX_SEGMENTS))] = ()

    @property
    def later_count(self) -> int:
        """How many blank invoices wait behind the segment in use."""
        return sum(item.end_number - item.next_number + 1 for item in self.later)


@dataclass(frozen=True, kw_only=True)
class OfflineUse(Message):
    """How long, how many and how much may be issued without upload, and what is used (离线限额)."""

    hours_limit: v.HoursLimit
    count_limit: v.CountLimit
    amount_limit: v.AmountLimit
    count: v.Count
    amount: v.Amount
    oldest_at: v.OldestAt = None


@dataclass(frozen=True, kw_only=True)
class GroupStatus(Message):
    """The window of one group of invoice kinds."""

    group: v.Group
    period_start: v.PeriodStart
    period_end: v.PeriodEnd
    cut_off: v.CutOff  # 开票截止日期, 锁死日期: the last day on which invoices may be issued
    last_report_at: v.LastReportAt = None
    is_reported: v.IsReported = False
    report_digest: v.OpenReportDigest = None
    authorisations: Annotated[tuple[KindAuthorisation, ...], v.structure(0x70, Many(Inner(KindAuthorisation), 16))]
    offline: Annotated[OfflineUse, v.structure(0x71, Inner(OfflineUse))]


@dataclass(frozen=True, kw_only=True)
class DiskStatus(SignedMessage):
    """The public state of a disk (监控信息), signed over the host's nonce. Readable without PIN."""

    LABEL: ClassVar[str] = "taxhall/status/1"

    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    taxpayer_name: v.TaxpayerName
    machine_number: v.MachineNumber
    bureau_code: v.BureauCode
    kind: v.DiskKind
    certificate_not_after: v.CertificateNotAfter
    enabled_on: v.EnabledOn
    clock: v.Clock
    pin_tries: v.PinTriesLeft
    sign_counter: v.SignCounter
    report_counter: v.ReportCounter
    clear_counter: v.ClearCounter
    order_counter: v.OrderCounter
    uploaded_through: v.UploadedThrough  # the authority acknowledged every record up to this counter
    is_disabled: v.IsDisabled = False
    log_number: v.HeadNumber
    nonce: v.Nonce = bytes(32)
    groups: Annotated[tuple[GroupStatus, ...], v.structure(0x72, Many(Inner(GroupStatus), 8))]

    def group(self, group: str) -> GroupStatus:
        """Return the window of one group. Raises: KeyError when the disk does not hold it."""
        for found in self.groups:
            if found.group == group:
                return found
        raise KeyError(group)


@dataclass(frozen=True, kw_only=True)
class LogEntry(Message):
    """One line of the disk's own log."""

    number: v.EntryNumber
    at: v.At
    event: v.Event
    detail: v.Detail

    def chained(self, previous_digest: str, algorithm: str) -> str:
        """Return the digest of the log up to this entry, given the digest before it."""
        return profiles.get(algorithm).digest(bytes.fromhex(previous_digest) + self.to_bytes()).hex()


@dataclass(frozen=True, kw_only=True)
class DiskLog(SignedMessage):
    """A stretch of the disk's log, oldest first, with the digests that chain it to the whole log."""

    LABEL: ClassVar[str] = "taxhall/log/1"

    serial: v.Serial
    nonce: v.Nonce
    head_number: v.HeadNumber  # the newest entry there is, 0 when nothing was ever logged
    head_digest: v.HeadDigest  # the digest of the log up to the newest entry
    before_digest: v.BeforeDigest  # the digest of the log before the first entry given here
    entries: Annotated[tuple[LogEntry, ...], v.structure(0x73, Many(Inner(LogEntry), 256))]

    @property
    def end_digest(self) -> str:
        """The digest of the log up to the last entry given here; the next stretch begins from it."""
        digest = self.before_digest
        for entry in self.entries:
            digest = entry.chained(digest, self.algorithm)
        return digest

    @property
    def is_whole(self) -> bool:
        """Whether the entries follow each other without a gap and, if they reach it, end at the head."""
        numbers = [entry.number for entry in self.entries]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers)) if numbers else ()):
            return False
        if numbers and numbers[-1] > self.head_number:
            return False
        is_at_head = not numbers or numbers[-1] == self.head_number
        return not is_at_head or self.end_digest == self.head_digest
