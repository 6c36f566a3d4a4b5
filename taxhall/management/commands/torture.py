"""Torture the clear and the issuing of invoices on real processes, and count what is lost, double or untrue."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from taxhall.common import failpoints
from taxhall.demo.stage import stage
from taxhall.torture import matrix, show
from taxhall.torture.matrix import Case

LEASE_SECONDS = 8
READY_SECONDS = 120.0
SHORT_HANDS, SPARE_HANDS = 20, 10
MOST_RESTARTS = 10_000
RESULT = "torture.json"


class Command(BaseCommand):
    """Brings a hall of its own up, strikes it at every place in every way, and asks disks and ledger what became."""

    help = (
        "Torture a hall of its own (HALL_VAR/torture, with its own servers): every place of a clear and of an invoice "
        "with every process killed and stopped there, every fault of a disk, duplicates, stolen leases, an emptied "
        "broker, a database set back. While each case runs, what people read is held against the disk's own file. "
        "Exit 0 only with nothing lost, nothing double, no untrue word and every case at its end."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--minutes", type=float, default=240.0, help="begin no wave after so long (default 240)")
        parser.add_argument("--cases", type=int, default=0, help="run so many cases, drawn by the seed (default all)")
        parser.add_argument("--seed", type=int, default=0, help="which cases are drawn, and their order (default 0)")
        parser.add_argument("--only", default="", help="only cases whose name holds this, e.g. 'valkey SIGSTOP'")
        parser.add_argument(
            "--short", action="store_true", help="every column once, in mixed waves: what `make test` runs"
        )
        parser.add_argument("--patience", type=float, default=1.0, help="wait so many times longer (a busy machine)")
        parser.add_argument("--list", action="store_true", help="list the cases and run none")
        parser.add_argument("--json", action="store_true", help="print the tally as JSON")
        parser.add_argument("--transport", choices=["auto", "pcsc", "memory"], default="auto")
        parser.add_argument("--inside", metavar="ADDRESS", help=argparse.SUPPRESS)
        parser.add_argument("--readers", type=int, default=show.PCSC_READERS, help=argparse.SUPPRESS)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the whole torture, or its inner half in a hall that is up."""
        if not settings.HALL_DEMO:
            raise CommandError("the torture runs in demo settings only")
        cases = _chosen(options)
        if options["list"]:
            self.stdout.write("\n".join([*(case.name for case in cases), f"{len(cases)} cases"]))
        elif options["inside"]:
            self._inside(cases, options)
        else:
            self._outside(options)

    def _outside(self, options: dict[str, Any]) -> None:
        folder = Path(settings.HALL_VAR) / "torture"
        places = folder / "failpoints"
        extra = {
            failpoints.VARIABLE: str(places),
            # On a busy machine a lease would run out before a case is where it is to be struck.
            "HALL_LEASE_SECONDS": str(round(LEASE_SECONDS * options["patience"])),
            "HALL_LOG_LEVEL": "WARNING",
        }
        slots = show.MEMORY_READERS if options["transport"] == "memory" else show.PCSC_READERS
        ways: dict[str, Any] = {
            "seed": False,
            "slots": slots,
            # Each case may hold a process, and somebody has to go on working.
            "hands": SHORT_HANDS if options["short"] else slots + SPARE_HANDS,
            "web_workers": show.WEB_WORKERS,
            "extra": extra,
            "ready_seconds": READY_SECONDS * options["patience"],
        }
        with stage(folder, transport=options["transport"], say=self._say, most_restarts=MOST_RESTARTS, **ways) as scene:
            places.mkdir()
            readers = f"--readers={ways['slots']}"
            scene.run("torture", "--inside", scene.address, readers, *_passed_on(options))
        tally = show.Tally(**json.loads((folder / RESULT).read_text()))
        show.write(tally, Path(settings.HALL_VAR) / RESULT)
        self._conclude(tally, as_json=options["json"])

    def _conclude(self, tally: show.Tally, *, as_json: bool) -> None:
        for failure in tally.failures:
            self.stdout.write(f"  {failure['outcome']:<10} {failure['case']}: {'; '.join(failure['reasons'])}")
        if as_json:
            self.stdout.write((Path(settings.HALL_VAR) / RESULT).read_text())
        self._say(f"{tally.looks} looks at what people read and {tally.reads} answers of the API, none taken on trust")
        self.stdout.write(f"TORTURED transport={tally.transport} {tally.line()} seconds={tally.seconds:.0f}")
        if not tally.is_clean:
            raise CommandError("the hall did not come through unharmed")

    def _inside(self, cases: list[Case], options: dict[str, Any]) -> None:
        result = Path(settings.HALL_VAR) / RESULT
        ways = {name: options[name] for name in ("readers", "seed", "minutes", "patience")}
        run = show.Show(options["inside"], result, say=self._say, **ways)
        show.write(run.run(cases, is_mixed=options["short"]), result)

    def _say(self, text: str) -> None:
        self.stdout.write(f"torture: {text}")
        self.stdout.flush()


def _chosen(options: dict[str, Any]) -> list[Case]:
    cases = [case for case in matrix.all_cases() if options["only"] in case.name]
    if options["short"]:
        cases = matrix.short_selection(cases, options["seed"])
    if options["cases"]:
        cases = matrix.drawn(cases, options["cases"], options["seed"])
    return cases


def _passed_on(options: dict[str, Any]) -> list[str]:
    named = [f"--{name}={options[name]}" for name in ("minutes", "cases", "seed", "only", "patience")]
    return [*named, *(["--short"] if options["short"] else [])]
