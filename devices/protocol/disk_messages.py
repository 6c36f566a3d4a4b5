"""What a disk says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from devices.protocol import vocabulary as v
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


@dataclass(frozen=True, kw_only=True)
class KindAuthorisation(Message):
    """One invoice kind the disk may issue (票种授权). Numbers run from next to end, both included."""

    kind: v.Kind
    limit: v.Limit  # the tax-exclusive total must not reach it (单张开票限额)
    is_red_allowed: v.IsRedAllowed = True
    code: v.Code
    next_number: v.NextNumber
    end_number: v.EndNumber
    rates: v.Rates


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


@dataclass(frozen=True, kw_only=True)
class DiskLog(SignedMessage):
    """A stretch of the disk's log, oldest first."""

    LABEL: ClassVar[str] = "taxhall/log/1"

    serial: v.Serial
    entries: Annotated[tuple[LogEntry, ...], v.structure(0x73, Many(Inner(LogEntry), 256))]
