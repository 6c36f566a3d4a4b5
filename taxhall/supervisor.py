"""Keep a handful of programs running: logs to files, restarts within bounds, one clean stop.

Everything is an event: a program's end, a signal to us, a timer. Nothing is awaited by sleeping.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST_RESTARTS = 5
RESTART_WINDOW_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 8.0
LOG_LIMIT_BYTES = 10_000_000
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


class SupervisorError(Exception):
    """A program that must run does not."""


@dataclass(frozen=True)
class Program:
    """What to run, and with which additions to the environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 25.0


@dataclass
class _Running:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    watch: int = -1
    starts: deque[float] = field(default_factory=deque)
    restart_at: float | None = None


class Supervisor:
    """Starts programs, watches them, and stops them in the opposite order."""

    def __init__(self, logs: Path, *, say: Callable[[str], None], most_restarts: int = MOST_RESTARTS) -> None:
        self.logs = logs
        self.most_restarts = most_restarts
        self.say = say
        self.stopping = False
        self._running: list[_Running] = []
        self._selector = selectors.DefaultSelector()
        self._bell, self._bell_end = socket.socketpair()
        for end in (self._bell, self._bell_end):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        logs.mkdir(parents=True, exist_ok=True)

    def listen_for_signals(self) -> None:
        """Let Ctrl-C and SIGTERM end the run; call in the main thread."""
        signal.set_wakeup_fd(self._bell_end.fileno(), warn_on_full_buffer=False)
        for each in STOP_SIGNALS:
            signal.signal(each, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.stopping = True

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        running = _Running(program)
        self._running.append(running)
        self._spawn(running)

    def run_once(self, program: Program) -> int:
        """Run a program to its end, its output on our own, while the others are watched."""
        process = subprocess.Popen(program.command, env=_environment(program), stdin=subprocess.DEVNULL)
        watch = os.pidfd_open(process.pid)
        self._selector.register(watch, selectors.EVENT_READ)
        try:
            while process.poll() is None:
                self.pump(1.0)
                if self.stopping:
                    process.terminate()
            return process.wait()
        finally:
            self._selector.unregister(watch)
            os.close(watch)

    def wait_for(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Watch over the programs until the condition holds; False in time or when told to stop."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.stopping or time.monotonic() > deadline:
                return False
            self.pump(0.2)
        return True

    def run(self) -> None:
        """Watch over the programs until told to stop. Raises: SupervisorError."""
        while not self.stopping:
            self.pump(30.0)

    def pump(self, seconds: float) -> None:
        """Handle what happens within the time. Raises: SupervisorError for a program that keeps dying."""
        due = [each.restart_at for each in self._running if each.restart_at is not None]
        patience = min([seconds, *(max(0.0, at - time.monotonic()) for at in due)])
        for key, _mask in self._selector.select(patience):
            if key.fileobj is self._bell:
                self._bell.recv(4096)
        if self.stopping:
            return
        for each in self._running:
            if each.process is not None and (code := each.process.poll()) is not None:
                self._on_death(each, code)
            if each.restart_at is not None and each.restart_at <= time.monotonic():
                self._spawn(each)

    def stop(self) -> None:
        """Stop everything, last started first; what does not go in its time is killed."""
        self.stopping = True
        for each in reversed(self._running):
            self._end(each)
        self._running.clear()

    def close(self) -> None:
        """Give the descriptors back."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._bell.close()
        self._bell_end.close()

    def log_file(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self.logs / f"{name}.log"

    def last_words(self, name: str, lines: int = 12) -> str:
        """Return the end of a program's log."""
        try:
            return "\n".join(self.log_file(name).read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _spawn(self, each: _Running) -> None:
        each.restart_at = None
        each.starts.append(time.monotonic())
        path = self.log_file(each.program.name)
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            each.process = subprocess.Popen(
                each.program.command,
                env=_environment(each.program),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own group: Ctrl-C reaches us alone, and we stop things in their order.
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  (this process has one thread)
            )
        each.watch = os.pidfd_open(each.process.pid)
        self._selector.register(each.watch, selectors.EVENT_READ)

    def _forget(self, each: _Running) -> None:
        if each.watch >= 0:
            self._selector.unregister(each.watch)
            os.close(each.watch)
        each.watch, each.process = -1, None

    def _on_death(self, each: _Running, code: int) -> None:
        name = each.program.name
        if each.process is not None:
            # Two generations must not work side by side: orphans would hold the port until they notice.
            _signal_group(each.process, signal.SIGKILL)
        self._forget(each)
        now = time.monotonic()
        while each.starts and now - each.starts[0] > RESTART_WINDOW_SECONDS:
            each.starts.popleft()
        if len(each.starts) > self.most_restarts:
            raise SupervisorError(
                f"{name} ended {len(each.starts)} times within a minute (last exit {code}); "
                f"see {self.log_file(name)}:\n{self.last_words(name)}"
            )
        each.restart_at = now + min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** (len(each.starts) - 1))
        self.say(f"{name} ended (exit {code}) and is started again; see {self.log_file(name)}")

    def _end(self, each: _Running) -> None:
        process = each.process
        each.restart_at = None
        if process is None:
            return
        for number, seconds in ((signal.SIGTERM, each.program.stop_seconds), (signal.SIGKILL, 5.0)):
            _signal_group(process, number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            break
        # Whatever the program left in its group must not outlive it.
        _signal_group(process, signal.SIGKILL)
        self._forget(each)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _environment(program: Program) -> dict[str, str]:
    return {**os.environ, **program.environment}


def die_with_parent() -> None:
    """Have the kernel end this program when the supervisor is gone, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
