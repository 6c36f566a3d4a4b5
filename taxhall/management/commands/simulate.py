"""Run the clear in simulation, or one schedule of it again."""

from __future__ import annotations

import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from taxhall.simulation import runner
from taxhall.simulation.runner import Result, Tally


class Command(BaseCommand):
    """Prints what was run; exit 1 and the seed of the first schedule that told or did something untrue."""

    help = (
        "Run the clear (清卡) in simulation: virtual disks, the services' own decisions, and a seed that decides who "
        "runs when, what is lost, torn, swapped, forged, set back. The invariants are checked after every event, "
        "and once the faults stop everything must come to its end. Needs no server."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--seed", type=int, default=0, help="seed of the first schedule (default 0)")
        parser.add_argument("--schedules", type=int, default=10_000, help="how many schedules (default 10000)")
        parser.add_argument("--minutes", type=float, default=10.0, help="stop after so long (default 10)")
        parser.add_argument("--jobs", type=int, default=0, help="processes (default: one per processor)")
        parser.add_argument("--trace", action="store_true", help="run the one schedule of --seed, event by event")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run."""
        if options["trace"]:
            self._one(options["seed"])
            return
        began = time.monotonic()
        tally = runner.run_many(
            options["seed"],
            options["schedules"],
            seconds=options["minutes"] * 60,
            jobs=options["jobs"],
            say=lambda so_far: self._say(so_far, began),
        )
        if tally.failed:
            self._fail(tally.failed[0])
        self.stdout.write(f"SIMULATED seeds={options['seed']}.. schedules={tally.schedules} problems=0")

    def _say(self, tally: Tally, began: float) -> None:
        spent = time.monotonic() - began
        rate = tally.schedules / spent
        self.stdout.write(
            f"simulate: {tally.schedules} schedules, {tally.events} events, {spent:.0f} s, {rate:.0f} schedules/s"
        )
        self.stdout.flush()

    def _one(self, seed: int) -> None:
        with runner.workshop() as (stock, folder):
            result = runner.run_schedule(seed, stock, folder)
        for line in result.trace:
            self.stdout.write(line)
        if result.problems:
            self._fail(result)
        self.stdout.write(f"SIMULATED seed={seed} events={result.events} history={result.digest} problems=0")

    def _fail(self, result: Result) -> None:
        raise CommandError(
            f"seed {result.seed} after {result.events} events:\n"
            + "\n".join(f"  {each}" for each in result.problems)
            + f"\nsee it again with: manage.py simulate --trace --seed {result.seed}"
        )
