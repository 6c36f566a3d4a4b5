"""How a set of values changes all at once, and what is found again at power-on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from devices.protocol import jsonable
from devices.protocol.constants import FIRST_RECEIPT_DIGEST
from devices.protocol.profiles import PrivateKey, SigningKey
from devices.virtual.store import StateFile
from devices.virtual.values import Counters, IssueData, LogState, RecordState, StateValue

ValueT = TypeVar("ValueT", bound=StateValue)


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
        self.before_signing: Callable[[], None] = lambda: None
        self.log_head = max(self.every(LogState), key=lambda line: line.number, default=None)
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
                self.log_head = value

    @property
    def issue_data(self) -> IssueData:
        """What was written at issue, and changed by orders since."""
        return self.get(IssueData)

    @cached_property
    def signing_key(self) -> SigningKey:
        """The disk's own key."""
        data = self.issue_data
        return _ChipKey(self, PrivateKey.from_pem(data.algorithm, data.private_key.encode()))

    @property
    def log_number(self) -> int:
        """The number of the newest line of the log, 0 when there is none."""
        return 0 if self.log_head is None else self.log_head.number

    @property
    def log_digest(self) -> str:
        """The digest of the whole log."""
        head = self.log_head
        if head is None:
            return FIRST_RECEIPT_DIGEST
        return head.entry.chained(head.previous_digest, self.issue_data.algorithm)

    @property
    def counters(self) -> Counters:
        """The lifetime counters."""
        return self.get(Counters)


class _ChipKey:
    """The key as a chip holds it: every signature takes the time that the switches say."""

    def __init__(self, state: DiskState, key: PrivateKey) -> None:
        self._state = state
        self._key = key
        self.algorithm, self.key_id, self.public_key = key.algorithm, key.key_id, key.public_key

    def sign(self, message: bytes) -> bytes:
        """Sign the exact bytes."""
        self._state.before_signing()
        return self._key.sign(message)
