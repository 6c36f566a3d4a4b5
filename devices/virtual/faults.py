"""Switches that make a virtual disk fail as real ones do: for tests, training (演练模式) and integrators."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from devices.protocol.commands import Ins

Answer = Literal["torn", "one_byte", "zero", "oversized", "random"]
ANSWERS: tuple[str, ...] = ("torn", "one_byte", "zero", "oversized", "random")


class CardVanishedError(Exception):
    """The disk lost power or left the reader; no answer comes."""


@dataclass
class Faults:
    """What goes wrong next. Each fault fires once, except the delays; `on` waits for a command by its name."""

    tear_before_write: int | None = None  # cut the power before the n-th persistent write from now
    tear_share: float = 0.0  # how much of that write still lands, 0 to 1
    vanish_before: bool = False  # leave before acting
    vanish_after: bool = False  # act, then leave without an answer
    hang: bool = False  # act never, answer never, until released
    delay: float = 0.0  # seconds before each answer, as a real disk needs
    signing_delay: float = 0.0  # seconds for each signature, where a real chip spends its time
    answer: Answer | None = None  # act, then answer wrongly
    on: str = ""  # name of a command (Ins); empty for any
    fired: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._released = threading.Event()
        self._writes = 0
        self._ins = -1  # the command that runs, for writes that are part of it

    def arm(self, switches: dict[str, Any]) -> None:
        """Set several switches from JSON. Raises: ValueError for one that does not exist."""
        known = {item.name for item in fields(self)} - {"fired"}
        if unknown := set(switches) - known:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
        if switches.get("answer") not in (None, *ANSWERS):
            raise ValueError(f"answer is one of {', '.join(ANSWERS)}")
        if switches.get("on") and switches["on"] not in Ins.__members__:
            raise ValueError(f"on is one of {', '.join(Ins.__members__)}")
        for name, value in switches.items():
            setattr(self, name, value)

    def clear(self) -> None:
        """Switch every fault off and let go of a disk that hangs."""
        self.arm({item.name: item.default for item in fields(self) if item.name != "fired"})
        self.release()

    def release(self) -> None:
        """Let go of a disk that hangs: it leaves without an answer."""
        self._released.set()

    def before_command(self, ins: int) -> None:
        """Fire what happens before the disk acts. Raises: CardVanishedError."""
        self._ins = ins
        if not self._is_meant(ins):
            return
        if self.delay:
            threading.Event().wait(self.delay)
        if self.vanish_before:
            self.vanish_before = self._fire("vanish_before")
            raise CardVanishedError
        if self.hang:
            self.hang = self._fire("hang")
            self._released.clear()
            self._released.wait()
            raise CardVanishedError

    def after_command(self, ins: int, answer: bytes) -> bytes:
        """Fire what happens to the answer. Raises: CardVanishedError."""
        if not self._is_meant(ins):
            return answer
        if self.vanish_after:
            self.vanish_after = self._fire("vanish_after")
            raise CardVanishedError
        if self.answer is not None:
            kind, self.answer = self.answer, None
            self._fire(kind)
            return _spoilt(kind, answer)
        return answer

    def before_signing(self) -> None:
        """Take the time that a chip needs for a signature."""
        if self.signing_delay and self._is_meant(self._ins):
            threading.Event().wait(self.signing_delay)

    def before_write(self, line: bytes) -> int | None:
        """Say how many bytes of a write still land when the power goes now, or None when it stays."""
        if self.tear_before_write is None or not self._is_meant(self._ins):
            self._writes = 0
            return None
        self._writes += 1
        if self._writes < self.tear_before_write:
            return None
        self.tear_before_write, self._writes = None, 0
        self._fire("tear_before_write")
        # The last byte makes a record whole: with it the write would have been finished.
        return min(int(len(line) * self.tear_share), len(line) - 1)

    def _is_meant(self, ins: int) -> bool:
        return not self.on or Ins.__members__.get(self.on) == ins

    def _fire(self, name: str) -> bool:
        """Note that a fault fired; the value it is switched to."""
        self.fired.append(name)
        return False


def _spoilt(kind: Answer, answer: bytes) -> bytes:
    match kind:
        case "torn":
            return answer[: max(1, len(answer) // 2)]
        case "one_byte":
            return answer[:1]
        case "zero":
            return b""
        case "oversized":
            return answer[:-2] + bytes(66_000) + answer[-2:]
        case "random":
            return os.urandom(300)
