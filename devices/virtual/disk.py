"""The virtual disk: power, memory and clock around the commands, and the switches that make it fail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from devices.protocol import jsonable
from devices.protocol.apdu import EXTENDED_LE, AnswerApdu, CommandApdu
from devices.protocol.certificates import DiskCertificate
from devices.protocol.commands import CHANGING_WITH_ANSWER, Ins, class_of
from devices.protocol.errors import ApduError
from devices.protocol.status_words import SW
from devices.virtual.card import Card, RefusedError
from devices.virtual.demo_clock import wall_clock
from devices.virtual.faults import CardVanishedError, Faults
from devices.virtual.handlers import HANDLERS
from devices.virtual.spec import DiskSpec
from devices.virtual.state import DiskState
from devices.virtual.store import PowerCutError, StateFile
from devices.virtual.values import ClockState, IssueData

Clock = Callable[[], datetime]


class NotVirtualError(Exception):
    """The switches of a virtual disk were asked of one that is not marked virtual."""


class VirtualDisk:
    """A disk in a file. `process` is its only way in and out for APDUs; the rest is the control channel."""

    def __init__(self, store: StateFile, clock: Clock = wall_clock) -> None:
        self._store = store
        self._clock = clock
        self._faults = Faults()
        self._lock = threading.RLock()
        self._card: Card | None = None
        store.before_write = self._faults.before_write

    @classmethod
    def create(cls, path: Path, spec: DiskSpec, *, clock: Clock = wall_clock) -> VirtualDisk:
        """Issue a new disk (初始发行) and power it on. Raises: FileExistsError, ValueError."""
        values = {value.key: jsonable.to_json(value) for value in spec.values()}
        disk = cls(StateFile.create(path, values, is_durable=spec.durable), clock)
        disk.power_on()
        return disk

    @classmethod
    def open(cls, path: Path, *, clock: Clock = wall_clock) -> VirtualDisk:
        """Take a disk that is there and power it on. Raises: StateLockedError, StateCorruptError."""
        disk = cls(StateFile(path), clock)
        disk.power_on()
        return disk

    # ---- power ----

    def power_on(self) -> None:
        """Start from what the memory holds. Raises: StateLockedError, StateCorruptError."""
        with self._lock:
            if not self._store.is_open:
                self._store.open()
            state = DiskState(self._store)
            self._store.is_durable = state.issue_data.is_durable
            state.before_signing = self._faults.before_signing
            self._card = Card(state, self._clock)

    def power_off(self) -> None:
        """Take the power away; what was committed stays, everything else is forgotten."""
        with self._lock:
            self._card = None
            self._store.close()

    def pull(self) -> None:
        """Take the disk out of its reader, even one that hangs."""
        self._faults.release()
        self.power_off()

    def reset(self) -> None:
        """Reset: selection and PIN are forgotten, memory is not read again."""
        with self._lock:
            if self._card is None:
                self.power_on()
            else:
                self._card = Card(self._card.state, self._clock)

    @property
    def is_powered(self) -> bool:
        """Whether the disk runs."""
        return self._card is not None

    close = power_off

    def __enter__(self) -> VirtualDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- commands ----

    def process(self, apdu: bytes) -> bytes:
        """Answer one command APDU; whatever it holds, the answer ends in a status word.

        Raises: CardVanishedError when the disk lost its power instead of answering.
        """
        ins = apdu[1] if len(apdu) > 1 else -1
        with self._lock:
            if self._card is None:
                raise CardVanishedError
            try:
                self._faults.before_command(ins)
                return self._faults.after_command(ins, self._answer(self._card, apdu).to_bytes())
            except (CardVanishedError, PowerCutError) as error:
                self.power_off()
                raise CardVanishedError from error

    def _answer(self, card: Card, apdu: bytes) -> AnswerApdu:
        try:
            return self._dispatch(card, CommandApdu.from_bytes(apdu))
        except RefusedError as error:
            return AnswerApdu(b"", error.status_word)
        except ApduError:
            return AnswerApdu(b"", SW.WRONG_LENGTH)
        except OSError:
            card.power.is_pin_verified = False
            return AnswerApdu(b"", SW.MEMORY_FAILURE)

    def _dispatch(self, card: Card, command: CommandApdu) -> AnswerApdu:
        try:
            ins = Ins(command.ins)
        except ValueError:
            return AnswerApdu(b"", SW.INS_UNKNOWN)
        if command.cla != class_of(ins):
            return AnswerApdu(b"", SW.CLA_UNKNOWN)
        if not card.power.is_selected and ins != Ins.SELECT:
            return AnswerApdu(b"", SW.NOT_SELECTED)
        if ins in CHANGING_WITH_ANSWER and command.le != EXTENDED_LE:
            return AnswerApdu(b"", SW.WRONG_LENGTH)
        answer = HANDLERS[ins](card, command)
        if len(answer.data) > (command.le or 0):
            return AnswerApdu(b"", SW.WRONG_LENGTH)
        return answer

    # ---- the control channel ----

    @property
    def _state(self) -> DiskState:
        if self._card is None:
            self.power_on()
        if self._card is None:
            raise CardVanishedError
        return self._card.state

    @property
    def path(self) -> Path:
        """Where the disk's memory is."""
        return self._store.path

    @property
    def issue_data(self) -> IssueData:
        """What was written at first issue."""
        return self._state.issue_data

    @property
    def serial(self) -> str:
        """The serial number (设备编号)."""
        return self.issue_data.serial

    @property
    def certificate(self) -> DiskCertificate:
        """The disk's certificate, for enrolling it."""
        return DiskCertificate.load(self.issue_data.certificate)

    @property
    def faults(self) -> Faults:
        """The switches. Raises: NotVirtualError on a disk that is not marked virtual."""
        self._require_virtual()
        return self._faults

    @property
    def now(self) -> datetime:
        """The disk's own clock."""
        with self._lock:
            return Card(self._state, self._clock).now()

    @property
    def clock_offset(self) -> timedelta:
        """How far the disk's clock runs ahead of its time source."""
        return timedelta(seconds=self._state.get(ClockState).offset_seconds)

    @clock_offset.setter
    def clock_offset(self, value: timedelta) -> None:
        self._require_virtual()
        with self._lock:
            state = self._state
            state.commit(replace(state.get(ClockState), offset_seconds=round(value.total_seconds())))

    def set_clock(self, moment: datetime) -> None:
        """Make the disk's clock show this moment now. Raises: NotVirtualError."""
        self.clock_offset = moment - self._clock()

    def _require_virtual(self) -> None:
        if not self.issue_data.is_virtual:
            raise NotVirtualError(self.serial)
