"""What a virtual disk remembers, as frozen values, and how a set of them changes all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from devices.protocol import jsonable
from devices.protocol.constants import FIRST_RECEIPT_DIGEST, GROUP_OF_KIND
from devices.protocol.messages import TotalRow
from devices.protocol.profiles import PrivateKey, PublicKey
from devices.virtual.store import StateFile

ValueT = TypeVar("ValueT", bound="StateValue")
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
    """What was written at first issue (初始发行) and does not change."""

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


@dataclass(frozen=True, kw_only=True)
class Pin(StateValue):
    """The PIN, salted and stretched, and the tries left."""

    FAMILY: ClassVar[str] = "pin"

    salt: bytes
    digest: bytes
    tries: int


@dataclass(frozen=True, kw_only=True)
class Counters(StateValue):
    """Lifetime counters, which only grow, and the heads of the two chains."""

    FAMILY: ClassVar[str] = "counters"

    sign: int = 0
    report: int = 0
    clear: int = 0
    request: int = 0
    uploaded_through: int = 0
    last_record_digest: str = FIRST_RECEIPT_DIGEST
    last_receipt_digest: str = FIRST_RECEIPT_DIGEST


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
    """A run of invoice numbers of one code, both ends included."""

    code: str
    next_number: int
    end_number: int

    @property
    def is_empty(self) -> bool:
        """Whether no number is left."""
        return self.next_number > self.end_number


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
        """The first segment with numbers left, or the last one."""
        return next((item for item in self.segments if not item.is_empty), self.segments[-1])


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
class LogState(StateValue):
    """One line of the log; the slot is reused when the log is full."""

    FAMILY: ClassVar[str] = "log"
    SLOTS: ClassVar[int] = 200

    number: int
    at: datetime
    event: str
    detail: str

    @property
    def key(self) -> str:
        """The slot of its number."""
        return f"{self.FAMILY}/{self.number % self.SLOTS}"


@dataclass
class Index:
    """Counters by request id and by invoice, rebuilt from the journal at power-on."""

    by_request: dict[str, int] = field(default_factory=dict)
    by_invoice: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(self, record: RecordState) -> None:
        """Take a record in."""
        self.by_request[record.request_id] = record.counter
        if not record.is_void:
            self.by_invoice[record.kind, record.code, record.number] = record.counter

    def drop(self, record: RecordState) -> None:
        """Forget a record."""
        self.by_request.pop(record.request_id, None)
        self.by_invoice.pop((record.kind, record.code, record.number), None)


class DiskState:
    """The memory as typed values. Read freely; change only through `commit`, which is all or nothing."""

    def __init__(self, store: StateFile) -> None:
        self.store = store
        self._cache: dict[str, Any] = {}
        self.index = Index()
        self.log_number = max((item.number for item in self.every(LogState)), default=0)
        for record in self.every(RecordState):
            self.index.add(record)

    def find(self, cls: type[ValueT], name: str = "") -> ValueT | None:
        """Return a value, or None."""
        key = f"{cls.FAMILY}/{name}" if name else cls.FAMILY
        if key not in self._cache:
            data = self.store.values.get(key)
            if data is None:
                return None
            self._cache[key] = jsonable.from_json(cls, data)
        value: ValueT = self._cache[key]
        return value

    def get(self, cls: type[ValueT], name: str = "") -> ValueT:
        """Return a value that must be there. Raises: KeyError."""
        value = self.find(cls, name)
        if value is None:
            raise KeyError(f"{cls.FAMILY}/{name}")
        return value

    def every(self, cls: type[ValueT]) -> Iterator[ValueT]:
        """Yield all values of a family."""
        prefix = f"{cls.FAMILY}/"
        for key in [key for key in self.store.values if key.startswith(prefix)]:
            yield self.get(cls, key.removeprefix(prefix))

    def commit(self, *values: StateValue, drop: Iterable[StateValue] = ()) -> None:
        """Store the values and drop others in one write. Raises: PowerCutError, OSError (nothing stored)."""
        gone = tuple(drop)
        changes: dict[str, Any] = {value.key: None for value in gone}
        changes |= {value.key: jsonable.to_json(value) for value in values}
        self.store.commit(changes)
        for value in gone:
            self._cache.pop(value.key, None)
            if isinstance(value, RecordState):
                self.index.drop(value)
        for value in values:
            self._cache[value.key] = value
            if isinstance(value, RecordState):
                self.index.add(value)
            if isinstance(value, LogState):
                self.log_number = value.number

    @cached_property
    def issue_data(self) -> IssueData:
        """What was written at first issue."""
        return self.get(IssueData)

    @cached_property
    def signing_key(self) -> PrivateKey:
        """The disk's own key."""
        return PrivateKey.from_pem(self.issue_data.algorithm, self.issue_data.private_key.encode())

    @property
    def counters(self) -> Counters:
        """The lifetime counters."""
        return self.get(Counters)
