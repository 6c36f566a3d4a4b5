"""Finding, watching and ending processes of our own, and nobody else's."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

LOOPBACK = "127.0.0.1"
FIRST_OPEN_PORT = 1024
BACKLOG = 2048


def command_line(pid: int) -> list[str]:
    """Return the arguments a running process was started with; empty when there is none."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.split(b"\0") if part]


def is_ours(pid: int | None, marker: Path) -> bool:
    """Say whether the pid is alive and was started with our folder or file as an argument.

    A pid in a file proves nothing: after a machine crash the number may belong to anybody.
    """
    return bool(pid and pid > 0 and str(marker) in command_line(pid))


def stop_process(pid: int, marker: Path, *, first: signal.Signals, seconds: float) -> None:
    """End a process of ours, politely first; return once it is gone."""
    try:
        watch = os.pidfd_open(pid)
    except OSError:
        return
    try:
        # The number is pinned by the descriptor from here on, so what is checked is what is signalled.
        if not is_ours(pid, marker):
            return
        for each, limit in ((first, seconds), (signal.SIGKILL, 5.0)):
            signal.pidfd_send_signal(watch, each)
            if select.select([watch], [], [], limit)[0]:
                return
    except ProcessLookupError:
        return
    finally:
        os.close(watch)


def free_port(wanted: int | None = None) -> int:
    """Return a TCP port on loopback that was free just now, the wanted one where possible. Raises: OSError."""
    with listener(wanted) as probe:
        return int(probe.getsockname()[1])


def listener(wanted: int | None = None) -> socket.socket:
    """Return a socket that listens on loopback, on the wanted port where possible. Raises: OSError.

    Who must be found at a port holds it from the moment it is chosen; a number alone may be taken before it is used.
    """
    for port in (wanted, 0):
        if port is None or 0 < port < FIRST_OPEN_PORT:
            continue
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((LOOPBACK, port))
            held.listen(BACKLOG)
        except (OSError, OverflowError):
            held.close()
            continue
        return held
    raise OSError("no free TCP port on loopback")


def becomes_true(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until the condition holds; False after the given time.

    For servers that offer no event to wait on; the single place that polls.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
