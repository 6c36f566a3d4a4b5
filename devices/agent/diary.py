"""One line on the terminal for each act of the agent, so that whoever looks at the window sees what it does."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from devices.agent import words
from devices.gateway.operations import CHANGING_OPS
from devices.gateway.wire import CardAnswer

# Acts that are told each time; the rest only looks at a disk.
TOLD_EACH_TIME = CHANGING_OPS | {"report", "begin_clear"}


def print_line(text: str) -> None:
    """Write a line at once. A window that was closed, or that has no Chinese characters, stops no work."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class Diary:
    """Tells moment, disk, act and outcome; a disk that is looked at again and again is told of once."""

    def __init__(self, write: Callable[[str], None] = print_line, now: Callable[[], datetime] | None = None) -> None:
        self._write = write
        self._now = now or (lambda: datetime.now(UTC))
        self._last_looks: dict[str, str] = {}

    def note(self, serial: str, act: str, outcome: str) -> None:
        """Tell of one act."""
        self._last_looks.pop(serial, None)
        self._tell(serial, act, outcome)

    def note_visit(self, request: dict[str, Any], answer: CardAnswer, *, is_recovered: bool = False) -> None:
        """Tell of a visit; of looks at a disk that end as the one before, only the first is told."""
        steps, serial = request.get("steps") or (), str(request.get("serial", ""))
        act, outcome = words.act(steps), words.outcome(answer)
        if is_recovered:
            act = words.recovered(act)
        if any(isinstance(step, dict) and step.get("op") in TOLD_EACH_TIME for step in steps) or is_recovered:
            self.note(serial, act, outcome)
        elif self._last_looks.get(serial) != act + outcome:
            self._last_looks[serial] = act + outcome
            self._tell(serial, act, outcome)

    def _tell(self, serial: str, act: str, outcome: str) -> None:
        self._write(f"{words.moment(self._now())} {serial or '-'} {act}：{outcome}")
