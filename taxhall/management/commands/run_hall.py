"""Run the whole hall on this machine."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from taxhall import embedded
from taxhall.embedded import files, processes
from taxhall.launch import Launch
from taxhall.supervisor import Supervisor, SupervisorError

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
        # Known before it is up: one that is just starting must be stopped itself, not only its servers.
        files.write_state(self.state_file, {"pid": os.getpid()})
        try:
            launch = Launch(var=Path(settings.HALL_VAR), transport=transport, seed=seed, say=self._say)
            address = launch.bring_up(hall)
            if not hall.stopping:
                self._announce(hall, launch, address)
                files.write_state(self.state_file, {"pid": os.getpid(), "address": address})
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

    def _announce(self, hall: Supervisor, launch: Launch, address: str) -> None:
        self.stdout.write("")
        if launch.seed:
            hall.run_once(launch.manage("accounts", "seed_demo", "--accounts", role="operator"))
        self.stdout.write(
            "\n".join(
                [
                    "",
                    f"  网上办税服务厅  {address}",
                    f"  税务人员工作台  {address}/admin/",
                    "  officer's code  .venv/bin/python manage.py demo_code officer1   (动态口令, new every 30 s)",
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
