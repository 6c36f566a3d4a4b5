"""Rows in memory with the columns that decide, and the constraints that the database would hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Self

from clearcard import workflow
from clearcard.choices import CaseAction, CaseStatus
from devices.choices import COMMAND_TRANSITIONS, LIVE_COMMAND_STATES, CommandKind, CommandState, DeviceStatus
from devices.protocol.messages import ClearReceipt
from taxhall.common.periods import TaxPeriod

_NEEDS_TOKEN = (CommandState.SENDING, CommandState.IN_DOUBT)


class ConstraintError(Exception):
    """The database would have refused this; honest code never comes so far."""


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ConstraintError(what)


class Guarded:
    """A row whose every write passes the guards that triggers are in the database."""

    STATE: ClassVar[str] = ""
    PAIRS: ClassVar[frozenset[tuple[str, str]]] = frozenset()
    FORWARD: ClassVar[tuple[str, ...]] = ()

    def __setattr__(self, name: str, value: Any) -> None:
        """Write one column. Raises: ConstraintError."""
        old = self.__dict__.get(name)
        if old is not None and name == self.STATE and value != old:
            _require((str(old), str(value)) in self.PAIRS, f"{type(self).__name__} {old} to {value}")
        if old is not None and name in self.FORWARD:
            _require(value >= old, f"{type(self).__name__}.{name} moves forward only")
        object.__setattr__(self, name, value)

    def twin(self) -> Self:
        """Return the row again; every transaction takes every row, and `copy.copy` took a tenth of a schedule."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin


@dataclass
class DeviceRow(Guarded):
    """An enrolled disk."""

    FORWARD: ClassVar[tuple[str, ...]] = ("clear_counter", "period_start", "issue_allowed_until")

    pk: int
    serial: str
    taxpayer_number: str
    certificate: str
    period_start: date
    period_end: date
    issue_allowed_until: date
    status: str = DeviceStatus.ACTIVE
    clear_counter: int = 0
    is_reported: bool = True
    last_cleared_at: datetime | None = None

    @property
    def period(self) -> TaxPeriod:
        """The period that is open, or reported and waiting to be cleared."""
        return TaxPeriod(self.period_start, self.period_end)


@dataclass
class CommandRow(Guarded):
    """A command in the outbox."""

    STATE: ClassVar[str] = "state"
    PAIRS: ClassVar[frozenset[tuple[str, str]]] = frozenset(COMMAND_TRANSITIONS)

    pk: str
    device_id: int
    payload: dict[str, Any]
    next_attempt_at: datetime | None
    kind: str = CommandKind.CLEAR
    state: str = CommandState.QUEUED
    token: dict[str, Any] | None = None
    token_digest: str = ""
    answer: dict[str, Any] | None = None
    fencing: int = 0
    attempts: int = 0
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    error_code: str = ""
    error_text: str = ""


@dataclass(frozen=True)
class TransitionRow:
    """One step of a case."""

    sequence: int
    source: str
    target: str
    action: CaseAction


@dataclass
class CaseRow(Guarded):
    """An application, as far as the clear looks at it."""

    STATE: ClassVar[str] = "status"
    PAIRS: ClassVar[frozenset[tuple[str, str]]] = frozenset(workflow.status_pairs())

    pk: int
    number: str
    device_id: int
    command_id: str | None
    period: TaxPeriod
    snapshot: dict[str, Any]
    approved_digest: str
    new_period_start: date
    new_period_end: date
    new_cut_off: date
    status: str = CaseStatus.APPROVED
    group: str = "A"
    lane: str = "green"
    attempts: int = 0
    waiting_code: str = ""
    waiting_text: str = ""
    waiting_since: datetime | None = None
    next_attempt_at: datetime | None = None
    failure_code: str = ""
    failure_text: str = ""
    reason_text: str = ""
    submitted_at: datetime | None = None
    transitions: tuple[TransitionRow, ...] = ()

    @property
    def period_start(self) -> date:
        """The first day of the period."""
        return self.period.start

    @property
    def period_end(self) -> date:
        """The last day of the period."""
        return self.period.end

    @property
    def last_action(self) -> CaseAction | None:
        """What moved the case last."""
        return self.transitions[-1].action if self.transitions else None


@dataclass
class Ledger:
    """All rows; changed only inside a transaction, which is all or nothing."""

    devices: dict[int, DeviceRow] = field(default_factory=dict)
    commands: dict[str, CommandRow] = field(default_factory=dict)
    cases: dict[int, CaseRow] = field(default_factory=dict)
    receipts: dict[str, ClearReceipt] = field(default_factory=dict)  # by command
    certificates: dict[int, str] = field(default_factory=dict)  # case to receipt digest

    def copy(self) -> Ledger:
        """Return the ledger as a backup holds it."""
        return Ledger(
            {pk: row.twin() for pk, row in self.devices.items()},
            {pk: row.twin() for pk, row in self.commands.items()},
            {pk: row.twin() for pk, row in self.cases.items()},
            dict(self.receipts),
            dict(self.certificates),
        )

    def restore(self, backup: Ledger) -> None:
        """Become what a backup holds."""
        self.__dict__.update(backup.copy().__dict__)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes or none. Raises: ConstraintError for what the database refuses."""
        before = self.copy()
        try:
            yield
            self._check()
        except BaseException:
            self.__dict__.update(before.__dict__)
            raise

    def command_of(self, case: CaseRow) -> CommandRow | None:
        """Return the command of a case."""
        return None if case.command_id is None else self.commands[case.command_id]

    def commands_on(self, device_id: int) -> list[CommandRow]:
        """Return the commands of a disk."""
        return [row for row in self.commands.values() if row.device_id == device_id]

    def _check(self) -> None:
        for command in self.commands.values():
            is_sent = command.state in _NEEDS_TOKEN
            _require(not is_sent or command.token is not None, "token before sending")
            _require(not is_sent or command.sent_at is not None, "sent without a moment")
        for device in self.devices.values():
            live = [row for row in self.commands_on(device.pk) if row.state in LIVE_COMMAND_STATES]
            _require(len(live) <= 1, "one live clear per disk")
            steps = [each.clear_counter_after for each in self.receipts.values() if each.serial == device.serial]
            _require(len(steps) == len(set(steps)), "one receipt per counter")
