"""Run the whole hall on this machine."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from devices.signer.keys import HallKeys, make_hall_keys
from taxhall import embedded
from taxhall.embedded import files, processes
from taxhall.env import BASE_DIR
from taxhall.management.commands.embedded import wanted_servers
from taxhall.supervisor import Program, Supervisor, SupervisorError

FIRST_PORT = 8000
READY_SECONDS = 90.0
STOP_SECONDS = 120.0


class Command(BaseCommand):
    """Everything that production runs on several hosts, as processes of one."""

    help = (
        "Run the whole hall on this machine: embedded servers (unless DATABASE_URL and REDIS_URL are set), "
        "migrations, demo data on the first run, virtual disks, card host, workers, beat and web. Prints the "
        "address and waits; Ctrl-C stops all of it. Logs are in var/log/. PORT chooses the port (8000 or a free "
        "one otherwise), HALL_VAR another folder for data."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the ways to run."""
        parser.add_argument(
            "--transport",
            choices=["auto", "pcsc", "memory"],
            default="auto",
            help="how disks are reached: pcsc, memory, or pcsc where it is installed (auto, the default)",
        )
        parser.add_argument("--no-seed", action="store_true", help="do not make demo data in an empty database")
        parser.add_argument(
            "--stop", action="store_true", help="stop a hall that runs from this folder, and its servers"
        )

    def handle(self, *_args: Any, transport: str, no_seed: bool, stop: bool, **_options: Any) -> None:
        """Run until told to stop, or stop the one that runs."""
        run_folder = Path(settings.HALL_VAR) / "run"
        run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.state_file = run_folder / "hall.json"
        if stop:
            self._stop_other(run_folder)
            return
        with (run_folder / "hall.lock").open("a") as lock:
            self._take(lock)
            self._run(transport=transport, seed=not no_seed)

    def _run(self, *, transport: str, seed: bool) -> None:
        hall = Supervisor(Path(settings.HALL_VAR) / "log", say=self._say)
        hall.listen_for_signals()
        try:
            self._bring_up(hall, transport=transport, seed=seed)
            hall.run()
        except (SupervisorError, embedded.EmbeddedError) as error:
            raise CommandError(str(error)) from error
        finally:
            self._say("stopping")
            hall.stop()
            embedded.stop(settings.HALL_VAR)
            self.state_file.unlink(missing_ok=True)
            hall.close()
            self._say("stopped")

    def _bring_up(self, hall: Supervisor, *, transport: str, seed: bool) -> None:
        port = choose_port()
        if settings.HALL_DEMO:
            # A real hall holds a ceremony for its keys; here they are made once and stay.
            make_hall_keys(Path(settings.HALL_VAR) / "keys", now=timezone.now())
        self._say("starting PostgreSQL and Valkey")
        embedded.start(settings.HALL_VAR, names=wanted_servers())
        self._step(hall, "bringing the tables up to date", "migrate", "--no-input", "--verbosity", "0")
        self._step(hall, "collecting static files", "collectstatic", "--no-input", "--verbosity", "0")
        back, front = programs(port=port, transport=transport)
        for program in back:
            hall.start(program)
        if seed:
            self._step(hall, "making demo data where there is none", "seed_demo", "--if-empty")
        for program in front:
            hall.start(program)
        address = f"http://127.0.0.1:{port}"
        if not hall.wait_for(lambda: is_ready(address), seconds=READY_SECONDS):
            if hall.stopping:
                return
            raise SupervisorError(f"the hall does not answer at {address}\n{hall.last_words('web')}")
        self._announce(hall, address, seed=seed)
        files.write_state(self.state_file, {"pid": os.getpid(), "address": address})

    def _step(self, hall: Supervisor, what: str, *command: str) -> None:
        if hall.stopping:
            raise SupervisorError("interrupted")
        self._say(what)
        if code := hall.run_once(manage(command[0], *command, role="operator")):
            raise SupervisorError("interrupted" if hall.stopping else f"`manage.py {command[0]}` failed (exit {code})")

    def _announce(self, hall: Supervisor, address: str, *, seed: bool) -> None:
        self.stdout.write("")
        if seed:
            hall.run_once(manage("accounts", "seed_demo", "--accounts", role="operator"))
        self.stdout.write(
            "\n".join(
                [
                    "",
                    f"  网上办税服务厅  {address}",
                    f"  税务人员工作台  {address}/admin/",
                    "  officer's code  .venv/bin/python manage.py demo_code officer1   (验证码, a new one every 30 s)",
                    f"  logs            {settings.HALL_VAR}/log/",
                    "  Ctrl-C stops everything; the data stay. `make clean` removes them.",
                    "",
                ]
            )
        )
        self.stdout.flush()

    def _say(self, text: str) -> None:
        self.stdout.write(f"run_hall: {text}")
        self.stdout.flush()

    def _take(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = files.read_state(self.state_file).get("address", "starting")
            raise CommandError(
                f"a hall already runs from {settings.HALL_VAR} ({where}); stop it with `make stop`, "
                "or set HALL_VAR for a second one"
            ) from None

    def _stop_other(self, run_folder: Path) -> None:
        pid = files.read_state(self.state_file).get("pid")
        if isinstance(pid, int) and "run_hall" in processes.command_line(pid):
            os.kill(pid, signal.SIGTERM)
            with (run_folder / "hall.lock").open("a") as lock:
                # The other one holds the lock until its last process is gone.
                gone = processes.becomes_true(lambda: _can_lock(lock), seconds=STOP_SECONDS)
            if not gone:
                raise CommandError(f"the hall with pid {pid} does not stop")
        stopped = embedded.stop(settings.HALL_VAR)
        self._say(f"stopped{': ' + ', '.join(stopped) if stopped else ''}")


def _can_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def manage(name: str, *arguments: str, role: str) -> Program:
    """Return a command of ours as a program."""
    return Program(name, [sys.executable, str(BASE_DIR / "manage.py"), *arguments], environment(role))


def environment(role: str) -> dict[str, str]:
    """Return what a process of that role is given; the signing keys go to the device worker alone."""
    keys = HallKeys(Path(settings.HALL_VAR) / "keys")
    variables = {"HALL_SIGNER_KEY_FILE": "intl", "HALL_SM_SIGNER_KEY_FILE": "sm"}
    return {
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "HALL_ROLE": role,
        **{
            name: os.environ.get(name, str(keys.clear_key(algorithm))) if role == "device" else ""
            for name, algorithm in variables.items()
        },
        "PYTHONUNBUFFERED": "1",
    }


def programs(*, port: int, transport: str) -> tuple[list[Program], list[Program]]:
    """Return what must run before demo data are made, and what may follow."""
    back = [
        manage("virtualdisk", "virtualdisk", "serve", "--transport", transport, role="operator"),
        manage("cardhost", "cardhost", "run", "--transport", "auto", role="operator"),
        _celery("device", "worker", "-Q", "devices", "-n", "device@hall", "--concurrency", "2", role="device"),
        _celery("worker", "worker", "-Q", "celery", "-n", "worker@hall", "--concurrency", "2", role="worker"),
    ]
    schedule = str(Path(settings.HALL_VAR) / "run" / "beat-schedule")
    front = [_celery("beat", "beat", "-s", schedule, "--pidfile", "", role="beat"), _web(port)]
    return back, front


def _celery(name: str, *arguments: str, role: str) -> Program:
    command = [sys.executable, "-m", "celery", "-A", "taxhall", *arguments, "--loglevel", "INFO"]
    return Program(name, command, environment(role))


def _web(port: int) -> Program:
    command = [sys.executable, "-m", "gunicorn", "taxhall.wsgi", "--bind", f"127.0.0.1:{port}"]
    options = ["--workers", "2", "--threads", "4", "--no-control-socket", "--graceful-timeout", "10"]
    return Program("web", [*command, *options], environment("web"))


def choose_port() -> int:
    """Return PORT, or 8000, or a free one. Raises: SupervisorError when PORT is taken."""
    wanted = os.environ.get("PORT", "")
    if not wanted:
        return processes.free_port(FIRST_PORT)
    if not wanted.isdecimal() or processes.free_port(int(wanted)) != int(wanted):
        raise SupervisorError(f"PORT={wanted} is taken or not a port; leave it out for a free one")
    return int(wanted)


def is_ready(address: str) -> bool:
    """Say whether the web process serves pages and reaches the database."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310  (our own address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
