"""Run the card host, ask it how it is, and put a reader back into use after a self-test."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from devices.gateway.choice import choose_carrier
from devices.gateway.client import HostUnavailableError, SocketCardHost
from devices.gateway.drivers import DriverError, load_drivers
from devices.gateway.processes import OWNER
from devices.gateway.supervisor import CardHostServer
from devices.gateway.wire import CardRequest

DESCRIPTION = """The card host (读卡服务): the only process that drives card readers.

  run               serve until stopped (Ctrl-C); one process per reader, killed when a disk does not answer
  status [--json]   every reader: disk, unlocked or not, faults, since when (also: --status --json)
  selftest READER   read the disk in a reader; when that works, a reader out of use is used again

Exit codes: 0 all right, 1 the host is not there or refused, 2 it runs but a reader is out of use."""


class Command(BaseCommand):
    """manage.py cardhost."""

    help = "Run the card host, or ask it how its readers are."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the lines of the description as they are written."""
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.description = DESCRIPTION
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the acts."""
        parser.add_argument("--status", action="store_true", help="the same as the act status")
        parser.add_argument("--json", action="store_true", dest="as_json", help="for machines (with --status)")
        acts = parser.add_subparsers(dest="act", metavar="ACT")
        run = acts.add_parser("run", help="serve until stopped")
        run.add_argument(
            "--transport",
            choices=("auto", "pcsc", "memory"),
            default="auto",
            help="auto (default): as `virtualdisk serve` does, else the machine's own card service",
        )
        acts.add_parser("status", help="show the readers").add_argument(
            # Not overwritten by its own default when the option stood before the act.
            "--json",
            action="store_true",
            dest="as_json",
            default=argparse.SUPPRESS,
        )
        acts.add_parser("selftest", help="test a reader and use it again").add_argument("reader")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do one act."""
        if options["status"] or options["act"] == "status":
            self._status(as_json=options["as_json"])
        elif options["act"] == "run":
            self._run(options["transport"])
        elif options["act"] == "selftest":
            self._selftest(options["reader"])
        else:
            raise CommandError("say what to do: run, status or selftest (see --help)")

    def _run(self, transport: str) -> None:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s cardhost %(message)s")
        run_folder = Path(settings.CARDHOST_SOCKET).parent
        owner = "devices.virtual.fragile_owner" if settings.HALL_FAILPOINTS else OWNER
        drivers = settings.DISK_DRIVERS
        try:
            load_drivers(drivers)
        except DriverError as error:
            raise CommandError(f"HALL_DISK_DRIVERS: {error}") from error
        choose = partial(choose_carrier, transport, run_folder, str(settings.DEVICE_CA_FILE), owner, drivers)
        server = CardHostServer(settings.CARDHOST_SOCKET, choose)
        try:
            asyncio.run(self._serve(server))
        except OSError as error:
            raise CommandError(f"the card host cannot start: {error}") from error

    async def _serve(self, server: CardHostServer) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await server.run(stop, on_ready=self._tell_ready)

    def _tell_ready(self) -> None:
        self.stdout.write(f"card host ready at {settings.CARDHOST_SOCKET}")
        self.stdout.flush()

    def _status(self, *, as_json: bool) -> None:
        state = self._ask_status()
        if as_json:
            self.stdout.write(json.dumps(state, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(f"transport {state['transport']}  {state['problem'] or 'ok'}  since {state['since']}")
            for reader in state["readers"]:
                self.stdout.write(_line(reader))
        if any(reader["is_broken"] for reader in state["readers"]):
            raise CommandError("a reader is out of use; test it with: manage.py cardhost selftest READER", returncode=2)

    def _selftest(self, reader: str) -> None:
        try:
            answer = SocketCardHost(settings.CARDHOST_SOCKET).exchange(CardRequest(kind="selftest", reader=reader))
        except HostUnavailableError as error:
            raise CommandError(f"the card host is not there: {error}") from error
        if answer.fault is not None:
            raise CommandError(f"{reader}: failed, {answer.fault.kind} {answer.fault.detail}; it stays out of use")
        serial = (answer.identity or {}).get("serial", "")
        self.stdout.write(f"{reader}: disk {serial} proved itself; the reader is in use")

    def _ask_status(self) -> dict[str, Any]:
        try:
            return SocketCardHost(settings.CARDHOST_SOCKET).status()
        except HostUnavailableError as error:
            raise CommandError(f"the card host is not there: {error}\nStart it with: manage.py cardhost run") from error


def _line(reader: dict[str, Any]) -> str:
    words = [
        reader["serial"] or ("a disk that has not proved itself" if reader["is_present"] else "empty"),
        "unlocked" if reader["is_unlocked"] else "",
        f"OUT OF USE after {reader['faults']} faults" if reader["is_broken"] else "",
        reader["note"],
    ]
    return f"  {reader['reader']}: {', '.join(word for word in words if word)}"
