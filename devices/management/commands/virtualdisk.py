"""Operate virtual tax-control disks: serve them to card readers, and make them fail as real ones do."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from devices.gateway import pcscd
from devices.virtual import demo_clock, wall_clock
from devices.virtual.control import ControlError, ask_control
from devices.virtual.serving import CONTROL_NAME, Serving

ANSWERS = ("torn", "one_byte", "zero", "oversized", "random")

DESCRIPTION = """Virtual tax-control disks (虚拟税控设备).

  serve     put every disk of var/disks into virtual card readers and keep them there
  list      show the disks being served, where each is, its clock and the faults that fired
  insert, remove, swap      move disks as a hand would
  clock     let a disk's clock run off the hall's
  delay, tear, vanish, hang, answer      set a disk to fail, once, at its next command (or at --on COMMAND)
  heal      switch every fault of a disk off

`serve` must run for all the others. Exit codes: 0 done, 1 refused or not running, 3 card service unusable."""


class Command(BaseCommand):
    """manage.py virtualdisk."""

    help = "Serve virtual tax-control disks and make them fail on purpose."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the lines of the description as they are written."""
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.description = DESCRIPTION
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the acts."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        serve = acts.add_parser("serve", help="serve the disks until stopped (Ctrl-C)")
        serve.add_argument("--transport", choices=("auto", "pcsc", "memory"), default="auto")
        serve.add_argument(
            "--pcscd", action="store_const", const="pcsc", dest="transport", help="same as --transport pcsc"
        )
        serve.add_argument("--slots", type=int, default=4, help="number of virtual readers, 1 to 16 (default 4)")
        acts.add_parser("list", help="show the disks being served")
        for name, text in (("insert", "put a disk into a reader"), ("remove", "pull a disk out, even one that hangs")):
            acts.add_parser(name, help=text).add_argument("serial")
        swap = acts.add_parser("swap", help="put another disk in its place, faster than readers notice")
        swap.add_argument("serial")
        swap.add_argument("other")
        clock = acts.add_parser("clock", help="set how far a disk's clock runs off")
        clock.add_argument("serial")
        clock.add_argument("--offset", type=float, default=0.0, help="seconds ahead of the hall (default 0: right)")
        clock.add_argument("--at", help="or the moment it shows now, ISO 8601 with zone")
        self._add_faults(acts)
        acts.add_parser("heal", help="switch every fault off").add_argument("serial")

    def _add_faults(self, acts: Any) -> None:
        delay = acts.add_parser("delay", help="answer each command, or make each signature, so much later")
        tear = acts.add_parser("tear", help="cut the power before its n-th write from now")
        vanish = acts.add_parser("vanish", help="leave the reader before or after acting")
        hang = acts.add_parser("hang", help="never answer, until removed or healed")
        answer = acts.add_parser("answer", help="act, then answer wrongly")
        for fault in (delay, tear, vanish, hang, answer):
            fault.add_argument("serial")
        delay.add_argument("seconds", type=float)
        delay.add_argument("--signing", action="store_true", help="spend the time in each signature, as a chip does")
        tear.add_argument("write", type=int)
        tear.add_argument("--share", type=float, default=0.0, help="how much of that write still lands, 0 to 1")
        vanish.add_argument("moment", choices=("before", "after"))
        answer.add_argument("kind", choices=ANSWERS)
        for fault in (tear, vanish, hang, answer):
            fault.add_argument("--on", default="", help="name of a command, such as APPLY_CLEAR or ISSUE_INVOICE")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do one act."""
        act = options["act"]
        if act == "serve":
            self._serve(options)
        elif act == "list":
            self._list()
        else:
            result = self._ask({"do": _verb(act), "serial": options["serial"], **_details(act, options)})
            self.stdout.write(f"{act} {options['serial']}: {result if result is not None else 'ok'}")

    def _serve(self, options: dict[str, Any]) -> None:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s virtualdisk %(message)s")
        transport = options["transport"]
        if transport == "auto":
            transport = "memory" if pcscd.missing_parts() else "pcsc"
        clock = demo_clock(Path(settings.HALL_VAR) / "demo-clock.json") if settings.HALL_DEMO else wall_clock
        serving = Serving(
            disks=Path(settings.HALL_VAR) / "disks",
            run_folder=Path(settings.CARDHOST_SOCKET).parent,
            transport=transport,
            slots=options["slots"],
            clock=clock,
        )
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            note = serving.start()
            mapping = serving.check_mapping()
        except (pcscd.PcscdUnavailableError, OSError) as error:
            serving.stop()
            raise CommandError(str(error), returncode=3) from error
        where = f", PCSCLITE_CSOCK_NAME={note['socket']}" if "socket" in note else ""
        self.stdout.write(f"serving {len(mapping)} disks over {transport}{where}")
        for reader, serial in mapping.items():
            self.stdout.write(f"  {reader}: {serial}")
        self.stdout.flush()
        try:
            serving.run(stop)
        finally:
            serving.stop()

    def _list(self) -> None:
        lines = self._ask({"do": "list"})
        if not lines:
            self.stdout.write("no disks")
        for line in lines:
            place = line["slot"] or "beside the readers"
            fired = f"  fired: {', '.join(line['fired'])}" if line["fired"] else ""
            self.stdout.write(f"{line['serial']}  {line['taxpayer']}  {place}  {line['clock']}{fired}")

    def _ask(self, request: dict[str, Any]) -> Any:
        path = Path(settings.CARDHOST_SOCKET).parent / CONTROL_NAME
        try:
            return ask_control(path, request)
        except ControlError as error:
            raise CommandError(f"{error}\nStart it with: manage.py virtualdisk serve") from error


def _verb(act: str) -> str:
    return act if act in ("insert", "remove", "swap", "clock", "heal") else "fault"


def _details(act: str, options: dict[str, Any]) -> dict[str, Any]:
    switches: dict[str, dict[str, Any]] = {
        "delay": {"signing_delay" if options.get("signing") else "delay": options.get("seconds")},
        "tear": {
            "tear_before_write": options.get("write"),
            "tear_share": options.get("share"),
            "on": options.get("on"),
        },
        "vanish": {f"vanish_{options.get('moment')}": True, "on": options.get("on")},
        "hang": {"hang": True, "on": options.get("on")},
        "answer": {"answer": options.get("kind"), "on": options.get("on")},
    }
    if act in switches:
        return {"switches": switches[act]}
    if act == "swap":
        return {"other": options["other"]}
    if act == "clock":
        return {"at": options["at"]} if options["at"] else {"offset_seconds": options["offset"]}
    return {}
