"""Named places in the hall's own processes where a test may have them die, stand still, fail or dawdle.

A place costs one comparison and does nothing, unless the process was started with HALL_FAILPOINTS naming a
folder; production settings refuse to start with it (`taxhall.common.checks`). A test arms a place by a file in
that folder, `<place>@<key>`; whoever reaches the place first takes the file away, so that it acts once, and
leaves `<place>@<key>.reached` with its pid. Knows no Django: the card host's processes have such places too.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

VARIABLE = "HALL_FAILPOINTS"
KILL, STOP, FAIL, DELAY = "kill", "stop", "fail", "delay"
_FOLDER = os.environ.get(VARIABLE, "")


class FailpointError(Exception):
    """A place failed because a test said so; no code expects it."""


def reach(place: str, key: object = "") -> None:
    """Pass a place. Raises: FailpointError when it is armed to fail."""
    if _FOLDER:
        _act(Path(_FOLDER), f"{place}@{key}")


def spare_this_process() -> None:
    """Let no place act here: the process that arms places passes some of them itself."""
    global _FOLDER  # noqa: PLW0603  (the one switch of this module)
    _FOLDER = ""


def arm(folder: Path, place: str, key: object, action: str, *, seconds: float = 0.0) -> None:
    """Have the next process that reaches the place with this key act so."""
    target = folder / f"{place}@{key}"
    draft = folder / f"{place}@{key}.draft"
    draft.write_text(json.dumps({"action": action, "seconds": seconds}))
    draft.replace(target)


def disarm(folder: Path, place: str, key: object) -> bool:
    """Take an armed place back; say whether nobody had reached it."""
    try:
        (folder / f"{place}@{key}").unlink()
    except FileNotFoundError:
        return False
    return True


def reached_by(folder: Path, place: str, key: object) -> int | None:
    """Return the pid of the process that reached the place, None while nobody has."""
    try:
        return int((folder / f"{place}@{key}.reached").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _act(folder: Path, name: str) -> None:
    taken = folder / f"{name}.taken-{os.getpid()}"
    try:
        (folder / name).rename(taken)
    except FileNotFoundError:
        return
    order = json.loads(taken.read_text())
    draft = folder / f"{name}.draft-{os.getpid()}"
    draft.write_text(str(os.getpid()))
    draft.replace(folder / f"{name}.reached")
    if order["action"] in (KILL, STOP):
        os.kill(os.getpid(), signal.SIGKILL if order["action"] == KILL else signal.SIGSTOP)
    elif order["action"] == FAIL:
        raise FailpointError(name)
    else:
        threading.Event().wait(order["seconds"])
