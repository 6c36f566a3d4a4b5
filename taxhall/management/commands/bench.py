"""Measure the hall against bare floors."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, DjangoHelpFormatter

from taxhall import embedded
from taxhall.bench import hall, registry
from taxhall.bench.errors import BenchError
from taxhall.bench.measure import LEDGER, SMALL
from taxhall.bench.rounds import FEWEST_ROUNDS, Result
from taxhall.bench.table import table
from taxhall.embedded import files

# A slow machine fills a ledger and writes it as files so fast; the bench may take as much longer.
FILLED_A_SECOND = 250


class _Help(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keep the list of measures a list."""


class Command(BaseCommand):
    """Ratios of the product to the least program that does the same work, taken in the same minute."""

    help = (
        "Measure the hall against floors: for each measure the least program that does the same work on\n"
        "the same servers (floor) and the hall itself (product) run in turn, and the ratio of the two is\n"
        "compared with a target. Prints a table, says where the time goes when a target is missed, and\n"
        "writes bench.json into the folder of HALL_VAR (var/ unless set).\n\n"
        "It uses a PostgreSQL and a Valkey of its own, started for the bench and removed after it. A hall\n"
        "that runs meanwhile is not touched, but takes its part of the machine. Takes a few minutes."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """List the measures below the options."""
        lines = [f"  {each.name:14} {each.what} ({each.unit})" for each in registry.MEASURES]
        kwargs["epilog"] = "\n".join(
            ["measures:", *lines, "", "exit codes: 0 everything was measured, also where a target is missed; 1 not"]
        )
        return super().create_parser(prog_name, subcommand, formatter_class=_Help, **kwargs)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what to measure and how often."""
        parser.add_argument(
            "--only",
            action="append",
            metavar="NAME",
            choices=registry.names(),
            help="take this measure alone (may be repeated); the file then holds only what was taken",
        )
        parser.add_argument(
            "--rounds",
            type=_rounds,
            default=FEWEST_ROUNDS,
            metavar="N",
            help=f"how often floor and product take turns, at least {FEWEST_ROUNDS} (the default)",
        )

        parser.add_argument(
            "--size",
            type=int,
            metavar="N",
            help="how many pieces of work one run does, however long that takes (with --only)",
        )
        parser.add_argument(
            "--ledger",
            type=_ledger,
            default=LEDGER,
            metavar="N",
            help=f"how many invoices the long ledger has (default {LEDGER:,}; the full size is 1000000)",
        )

    def handle(self, *_args: Any, only: list[str] | None, rounds: int, ledger: int, **options: Any) -> None:
        """Bring up a hall for the bench, measure inside it, tell what was found."""
        output = Path(settings.HALL_VAR) / "bench.json"
        arguments = [f"--rounds={rounds}", f"--ledger={ledger}", *(f"--only={name}" for name in only or ())]
        if options.get("size"):
            arguments.append(f"--size={options['size']}")
        try:
            with hall.interruptible():
                rows = self._measure(arguments, seconds=hall.LONGEST_SECONDS + ledger / FILLED_A_SECOND)
        except (BenchError, embedded.EmbeddedError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted; nothing was written") from None
        files.write_whole(output, json.dumps(rows, indent=1) + "\n")
        self.stdout.write("\n" + table([Result.from_json(each) for each in rows]) + "\n")
        self.stdout.write(f"\nratio: product / floor, median of {rounds} rounds; spread: its worst and best round")
        self.stdout.write(f"load of this machine: {os.getloadavg()[0]:.1f}; written: {output}")

    def _measure(self, arguments: list[str], *, seconds: float) -> list[dict[str, Any]]:
        self._say("starting a PostgreSQL and a Valkey for the bench")
        with hall.throw_away_hall(Path(settings.HALL_VAR)) as home:
            draft = home / "bench.json"
            if hall.measure_inside(home, [*arguments, f"--output={draft}"], seconds=seconds):
                raise BenchError("the bench did not come to its end; nothing was written")
            found: list[dict[str, Any]] = json.loads(draft.read_text())
        return found

    def _say(self, text: str) -> None:
        self.stdout.write(f"bench: {text}")
        self.stdout.flush()


def _rounds(text: str) -> int:
    """Read a number of rounds."""
    if not text.isdecimal() or int(text) < FEWEST_ROUNDS:
        raise argparse.ArgumentTypeError(f"at least {FEWEST_ROUNDS} rounds, or the spread says nothing")
    return int(text)


def _ledger(text: str) -> int:
    """Read the length of the long ledger."""
    if not text.isdecimal() or not SMALL < int(text) < 100_000_000:
        raise argparse.ArgumentTypeError(f"more than {SMALL:,}, and no more than numbers of eight digits can count")
    return int(text)
