"""What a virtual disk remembers, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from devices.protocol.constants import FIRST_RECEIPT_DIGEST, GROUP_OF_KIND, LAST_NUMBER
from devices.protocol.messages import LogEntry, TotalRow
from devices.protocol.profiles import PublicKey

_NONE = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class StateValue:
    """One value in the disk's memory, stored whole under its key."""

    FAMILY: ClassVar[str]

    @property
    def key(self) -> str:
        """Where the value is stored."""
        return self.FAMILY


@dataclass(frozen=True, kw_only=True)
class IssueData(StateValue):
    """What was written at first issue (初始发行); name, bureau and the end change by order of the authority."""

    FAMILY: ClassVar[str] = "issue_data"

    serial: str
    kind: str
    taxpayer_number: str
    taxpayer_name: str
    bureau_code: str
    machine_number: int
    enabled_on: date
    algorithm: str
    certificate: bytes
    private_key: str  # PEM; a real disk keeps it in a chip
    is_virtual: bool
    is_durable: bool
    is_disabled: bool = False


@dataclass(frozen=True, kw_only=True)
class Pin(StateValue):
    """The PIN, salted and stretched, and the tries left."""

    FAMILY: ClassVar[str] = "pin"

    salt: bytes
    digest: bytes
    tries: int
    is_transport: bool = False  # given by an order to unblock; good for setting a PIN and nothing else


@dataclass(frozen=True, kw_only=True)
class Counters(StateValue):
    """Lifetime counters, which only grow, and the heads of the three chains."""

    FAMILY: ClassVar[str] = "counters"

    sign: int = 0
    report: int = 0
    clear: int = 0
    request: int = 0
    uploaded_through: int = 0
    order: int = 0
    order_number: int = 0  # of the authority's newest order that was carried out
    last_record_digest: str = FIRST_RECEIPT_DIGEST
    last_receipt_digest: str = FIRST_RECEIPT_DIGEST
    last_order_digest: str = FIRST_RECEIPT_DIGEST


@dataclass(frozen=True, kw_only=True)
class ClockState(StateValue):
    """How far the disk's clock runs from its time source, and the largest time it has accepted."""

    FAMILY: ClassVar[str] = "clock"

    offset_seconds: int
    latest: datetime


@dataclass(frozen=True, kw_only=True)
class AuthorityKey(StateValue):
    """A key the authority signs with; several while one replaces another, revoked ones kept to name them."""

    FAMILY: ClassVar[str] = "authority"

    algorithm: str
    spki: bytes
    is_revoked: bool = False

    @property
    def public_key(self) -> PublicKey:
        """The key for checking."""
        return PublicKey(self.algorithm, self.spki)

    @property
    def key(self) -> str:
        """One per key."""
        return f"{self.FAMILY}/{self.public_key.key_id}"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A run of invoice numbers of one code, both ends included. Used ones are kept, so that none comes twice."""

    code: str
    next_number: int
    end_number: int
    first_number: int = LAST_NUMBER  # where it began; unknown on old disks, whose next number stands for it

    @property
    def is_empty(self) -> bool:
        """Whether no number is left."""
        return self.next_number > self.end_number

    @property
    def start(self) -> int:
        """The first of its numbers, used or not."""
        return min(self.first_number, self.next_number)


_NO_STOCK = (Segment(code="0" * 10, next_number=1, end_number=0),)


@dataclass(frozen=True, kw_only=True)
class KindState(StateValue):
    """What may be issued of one invoice kind, and the stock of numbers."""

    FAMILY: ClassVar[str] = "kind"

    kind: str
    limit: Decimal
    rates: tuple[str, ...]
    is_red_allowed: bool
    segments: tuple[Segment, ...]

    @property
    def key(self) -> str:
        """One per kind."""
        return f"{self.FAMILY}/{self.kind}"

    @property
    def current_segment(self) -> Segment:
        """The first segment with numbers left, or the last one; an empty one for a kind that never had stock."""
        return next((item for item in self.segments if not item.is_empty), (*_NO_STOCK, *self.segments)[-1])

    @property
    def later_segments(self) -> tuple[Segment, ...]:
        """The segments with numbers left behind the one in use."""
        return tuple(item for item in self.segments if not item.is_empty)[1:]


@dataclass(frozen=True, kw_only=True)
class PendingClear:
    """The newest clear request of a group; any older one is dead."""

    nonce: bytes
    request_number: int


@dataclass(frozen=True, kw_only=True)
class GroupState(StateValue):
    """The window of one group of kinds, its report, its open clear request and its offline use."""

    FAMILY: ClassVar[str] = "group"

    group: str
    period_start: date
    period_end: date
    cut_off: date
    hours_limit: int
    count_limit: int
    amount_limit: Decimal
    offline_count: int = 0
    offline_amount: Decimal = _NONE
    offline_oldest_at: datetime | None = None
    last_report_at: datetime | None = None
    report_digest: str | None = None
    pending: PendingClear | None = None

    @property
    def key(self) -> str:
        """One per group."""
        return f"{self.FAMILY}/{self.group}"

    @property
    def is_reported(self) -> bool:
        """Whether the period is closed and waits to be cleared."""
        return self.report_digest is not None


@dataclass(frozen=True, kw_only=True)
class MonthState(StateValue):
    """Running totals of one invoice kind in one calendar month."""

    FAMILY: ClassVar[str] = "month"

    kind: str
    month: date  # its first day
    rows: tuple[TotalRow, ...] = ()
    invoice_count: int = 0
    first_counter: int = 0
    last_counter: int = 0

    @property
    def key(self) -> str:
        """One per kind and month."""
        return f"{self.FAMILY}/{self.month:%Y-%m}/{self.kind}"


@dataclass(frozen=True, kw_only=True)
class RecordState(StateValue):
    """One signed record in the journal: an invoice, or the voiding of one."""

    FAMILY: ClassVar[str] = "record"

    counter: int
    request_id: str
    order_digest: str
    is_void: bool
    kind: str
    code: str
    number: str
    at: datetime
    amount: Decimal
    tax: Decimal
    totals: bytes = b""  # the order's bytes, so that voiding can move its amounts
    raw: bytes
    signature: bytes
    voided_by: int = 0

    @property
    def key(self) -> str:
        """One per counter."""
        return f"{self.FAMILY}/{self.counter}"

    @property
    def month(self) -> date:
        """The first day of the month it was signed in."""
        return self.at.date().replace(day=1)

    @property
    def group(self) -> str:
        """The group of kinds it counts in."""
        return GROUP_OF_KIND[self.kind]


@dataclass(frozen=True, kw_only=True)
class ReportState(StateValue):
    """The report of a closed period, kept whole until it is cleared."""

    FAMILY: ClassVar[str] = "report"

    group: str
    raw: bytes
    signature: bytes

    @property
    def key(self) -> str:
        """One per group."""
        return f"{self.FAMILY}/{self.group}"


@dataclass(frozen=True, kw_only=True)
class ReceiptState(StateValue):
    """The last clear receipt of a group, kept until the next clear."""

    FAMILY: ClassVar[str] = "receipt"

    group: str
    token_digest: str
    raw: bytes
    signature: bytes

    @property
    def key(self) -> str:
        """One per group."""
        return f"{self.FAMILY}/{self.group}"


@dataclass(frozen=True, kw_only=True)
class OrderState(StateValue):
    """The receipt of the last order, kept until the next one."""

    FAMILY: ClassVar[str] = "order"

    order_id: str
    token_digest: str
    raw: bytes
    signature: bytes


@dataclass(frozen=True, kw_only=True)
class LogState(StateValue):
    """One line of the log; the slot is reused when the log is full, the chain of digests goes on."""

    FAMILY: ClassVar[str] = "log"
    SLOTS: ClassVar[int] = 200

    number: int
    at: datetime
    event: str
    detail: str
    previous_digest: str = FIRST_RECEIPT_DIGEST

    @property
    def entry(self) -> LogEntry:
        """The line as it is read out."""
        return LogEntry(number=self.number, at=self.at, event=self.event, detail=self.detail)

    @property
    def key(self) -> str:
        """The slot of its number."""
        return f"{self.FAMILY}/{self.number % self.SLOTS}"
