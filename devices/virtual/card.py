"""What a command handler works with: the memory, the clock, and what lasts only while the power is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.constants import KIND_GROUPS, LOCAL_ZONE
from devices.protocol.errors import MessageError
from devices.protocol.message import Message
from devices.protocol.messages import PeriodChoice
from devices.protocol.status_words import SW
from devices.virtual.state import DiskState
from devices.virtual.values import ClockState, GroupState, LogState

MessageT = TypeVar("MessageT", bound=Message)
CLOCK_WORDS = frozenset({SW.CLOCK_BACK, SW.CLOCK_SKEW})


class RefusedError(Exception):
    """The disk says no with this status word; nothing was changed."""

    def __init__(self, status_word: int) -> None:
        super().__init__(f"{status_word:04X}")
        self.status_word = status_word


@dataclass
class PowerState:
    """What a reset forgets."""

    is_selected: bool = False
    is_pin_verified: bool = False


class Card:
    """The disk as its commands see it."""

    def __init__(self, state: DiskState, source: Callable[[], datetime]) -> None:
        self.state = state
        self.power = PowerState()
        self._source = source

    def now(self) -> datetime:
        """Return the disk's own clock, in whole seconds of local time."""
        offset = timedelta(seconds=self.state.get(ClockState).offset_seconds)
        return (self._source() + offset).astimezone(LOCAL_ZONE).replace(microsecond=0)

    def accepted_now(self) -> datetime:
        """Return the clock for something that is going to be dated. Raises: RefusedError if it went back."""
        now = self.now()
        require(now >= self.state.get(ClockState).latest, SW.CLOCK_BACK)
        return now

    def accept(self, now: datetime) -> ClockState:
        """Return the clock's memory with this time as the largest accepted."""
        return replace(self.state.get(ClockState), latest=now)

    def entry(self, now: datetime, event: str, detail: str = "") -> LogState:
        """Return the next line of the log."""
        state = self.state
        return LogState(
            number=state.log_number + 1, at=now, event=event, detail=detail, previous_digest=state.log_digest
        )

    def note(self, event: str, detail: str = "") -> None:
        """Log something that changes nothing else; the same once more in a row is not logged again.

        So nobody can wash the log out by repeating what is refused.
        """
        head = self.state.log_head
        if head is None or (head.event, head.detail) != (event, detail):
            self.state.commit(self.entry(self.now(), event, detail))

    @contextmanager
    def noting(self, event: str, what: str = "") -> Iterator[None]:
        """Log a refusal inside under this event (none when empty), one for the clock under its own."""
        try:
            yield
        except RefusedError as error:
            is_clock = error.status_word in CLOCK_WORDS
            if event or is_clock:
                name = "clock_refused" if is_clock else event
                self.note(name, f"{error.status_word:04X} {what}".strip())
            raise

    def group(self, group: str) -> GroupState:
        """Return the window of a group. Raises: RefusedError when the disk does not hold it."""
        found = self.state.find(GroupState, group)
        if found is None:
            raise RefusedError(SW.GROUP_UNKNOWN)
        return found

    def require_pin(self) -> None:
        """Go on only after the PIN. Raises: RefusedError."""
        require(self.power.is_pin_verified, SW.PIN_REQUIRED)


Handler = Callable[[Card, CommandApdu], AnswerApdu]


def require(ok: bool, status_word: int) -> None:
    """Go on only if it holds. Raises: RefusedError."""
    if not ok:
        raise RefusedError(status_word)


def parse(cls: type[MessageT], data: bytes) -> MessageT:
    """Read command data. Raises: RefusedError for data that do not follow the protocol."""
    try:
        return cls.from_bytes(data)
    except MessageError as error:
        raise RefusedError(SW.WRONG_DATA) from error


def parse_group(data: bytes) -> str:
    """Read a group letter. Raises: RefusedError."""
    require(len(data) == 1, SW.WRONG_LENGTH)
    group = chr(data[0])
    require(group in KIND_GROUPS, SW.WRONG_DATA)
    return group


def parse_choice(card: Card, data: bytes) -> tuple[PeriodChoice, GroupState]:
    """Read which group and period a command is about. Raises: RefusedError."""
    choice = parse(PeriodChoice, data)
    return choice, card.group(choice.group)


def ok(data: bytes = b"") -> AnswerApdu:
    """Done."""
    return AnswerApdu(data, SW.OK)


def again(data: bytes) -> AnswerApdu:
    """Done before: the same answer as then."""
    return AnswerApdu(data, SW.ALREADY_DONE)
