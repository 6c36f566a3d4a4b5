"""Bringing a whole hall up on this machine: servers, tables, demo data, and every process of production."""

from __future__ import annotations

import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from devices.signer.keys import HallKeys, make_hall_keys
from taxhall import embedded
from taxhall.embedded import processes
from taxhall.env import BASE_DIR
from taxhall.supervisor import Program, Supervisor, SupervisorError

FIRST_PORT = 8000
READY_SECONDS = 90.0
HOOK_HANDS = ("--concurrency", "4")


@dataclass(frozen=True)
class Launch:
    """How a hall is brought up: where its data are, how disks are reached, whether demo data are made."""

    var: Path
    transport: str = "auto"
    seed: bool = True
    # A hall for show brings servers of its own even where the environment names others.
    is_apart: bool = False
    # Virtual readers, tasks that each worker does at once, web workers, and what its processes are told besides.
    slots: int = 4
    hands: int = 2
    web_workers: int = 2
    extra: Mapping[str, str] = field(default_factory=dict)
    ready_seconds: float = READY_SECONDS
    say: Callable[[str], None] = print

    def bring_up(self, hall: Supervisor) -> str:
        """Start everything and return the address once pages are served. Raises: SupervisorError, EmbeddedError."""
        listener = take_port()
        if settings.HALL_DEMO:
            # A real hall holds a ceremony for its keys; here they are made once and stay.
            make_hall_keys(self.var / "keys", now=timezone.now())
        self.say("starting PostgreSQL and Valkey")
        embedded.start(self.var, names=embedded.NAMES if self.is_apart else wanted_servers())
        self.step(hall, "bringing the tables up to date", "migrate", "--no-input", "--verbosity", "0")
        self.step(hall, "collecting static files", "collectstatic", "--no-input", "--verbosity", "0")
        for program in self.back_programs():
            hall.start(program)
        if self.seed:
            self.step(hall, "making demo data where there is none", "seed_demo", "--if-empty")
        for program in self.front_programs(listener):
            hall.start(program)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if not hall.wait_for(lambda: is_ready(address), seconds=self.ready_seconds) and not hall.stopping:
            raise SupervisorError(f"the hall does not answer at {address}\n{hall.last_words('web')}")
        return address

    def step(self, hall: Supervisor, what: str, *command: str) -> None:
        """Run one of our commands to its end. Raises: SupervisorError."""
        if hall.stopping:
            raise SupervisorError("interrupted")
        self.say(what)
        if code := hall.run_once(self.manage(command[0], *command, role="operator")):
            raise SupervisorError("interrupted" if hall.stopping else f"`manage.py {command[0]}` failed (exit {code})")

    def back_programs(self) -> list[Program]:
        """Return what must run before demo data are made."""
        hands, serve = ("--concurrency", str(self.hands)), ("serve", "--transport", self.transport)
        return [
            self.manage("virtualdisk", "virtualdisk", *serve, "--slots", str(self.slots), role="operator"),
            self.manage("cardhost", "cardhost", "run", "--transport", "auto", role="operator"),
            self._celery("device", "worker", "-Q", "devices", "-n", "device@hall", *hands),
            self._celery("worker", "worker", "-Q", "celery", "-n", "worker@hall", *hands),
            # One process: its threads only wait for others to answer.
            self._celery("hooks", "worker", "-Q", "hooks", "-n", "hooks@hall", "--pool", "threads", *HOOK_HANDS),
        ]

    def front_programs(self, listener: socket.socket) -> list[Program]:
        """Return what may follow: the clock of the sweeps, and the pages on the listener."""
        schedule = str(self.var / "run" / "beat-schedule")
        return [self._celery("beat", "beat", "-s", schedule, "--pidfile", ""), self._web(listener)]

    def manage(self, name: str, *arguments: str, role: str) -> Program:
        """Return a command of ours as a program."""
        return Program(name, [sys.executable, str(BASE_DIR / "manage.py"), *arguments], self.environment(role))

    def environment(self, role: str) -> dict[str, str]:
        """Return what a process of that role is given; the signing keys go to the device worker alone."""
        keys = HallKeys(self.var / "keys")
        signers = {"HALL_SIGNER_KEY_FILE": "intl", "HALL_SM_SIGNER_KEY_FILE": "sm"}
        files = {name: os.environ.get(name) or str(keys.clear_key(algorithm)) for name, algorithm in signers.items()}
        return {
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            "HALL_VAR": str(self.var),
            "HALL_ROLE": role,
            **{name: file if role == "device" else "" for name, file in files.items()},
            "HALL_ARCHIVE_KEY_FILE": str(keys.archive_key) if role == "worker" else "",
            "PYTHONUNBUFFERED": "1",
            **({"DATABASE_URL": "", "REDIS_URL": ""} if self.is_apart else {}),
            **self.extra,
        }

    def _celery(self, role: str, *arguments: str) -> Program:
        """A Celery process; its name is its role."""
        command = [sys.executable, "-m", "celery", "-A", "taxhall", *arguments, "--loglevel", "INFO"]
        return Program(role, command, self.environment(role))

    def _web(self, listener: socket.socket) -> Program:
        command = [sys.executable, "-m", "gunicorn", "taxhall.wsgi", "--bind", f"fd://{listener.fileno()}"]
        options = [
            "--workers",
            str(self.web_workers),
            "--threads",
            "4",
            "--no-control-socket",
            "--graceful-timeout",
            "10",
        ]
        return Program("web", [*command, *options], self.environment("web"), listener=listener)


def wanted_servers() -> tuple[str, ...]:
    """Return the embedded servers that no address in the environment replaces."""
    given = {"postgres": settings.ENV.database_url, "valkey": settings.ENV.redis_url}
    return tuple(name for name in embedded.NAMES if not given[name])


def take_port() -> socket.socket:
    """Return a listener on PORT, or 8000, or a free one. Raises: SupervisorError when PORT is taken."""
    wanted = os.environ.get("PORT", "")
    held = processes.listener(int(wanted) if wanted.isdecimal() else FIRST_PORT)
    if wanted and wanted != str(held.getsockname()[1]):
        held.close()
        raise SupervisorError(f"PORT={wanted} is taken or not a port; leave it out for a free one")
    return held


def is_ready(address: str) -> bool:
    """Say whether the web process serves pages and reaches the database."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310  (our own address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
