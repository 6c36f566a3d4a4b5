"""The part of the bench that runs inside its own hall; `manage.py bench` starts it."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from taxhall.bench.measure import Measure
    from taxhall.bench.rounds import Result


def main() -> int:
    """Measure what was asked for and write the rows."""
    parser = argparse.ArgumentParser(prog="taxhall.bench", description=__doc__)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--size", type=int)
    parser.add_argument("--ledger", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    django.setup()
    # Imported once the applications are loaded.
    from taxhall.bench.errors import BenchError  # noqa: PLC0415
    from taxhall.bench.hall import interruptible  # noqa: PLC0415

    # The hall's own lines would bury the bench's; its servers keep theirs, as they would in earnest.
    logging.getLogger().setLevel(logging.WARNING)
    try:
        with interruptible():
            results = measure_all(options.only, rounds=options.rounds, size=options.size, ledger=options.ledger)
    except BenchError as error:
        say(f"failed: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 1
    options.output.write_text(json.dumps([each.as_json() for each in results], indent=1) + "\n")
    return 0


def measure_all(only: list[str], *, rounds: int, ledger: int, size: int | None = None) -> list[Result]:
    """Make the tables and take the chosen measures one after the other."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from taxhall.bench.registry import chosen  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)
    return [
        take(each(Path(settings.HALL_VAR), size=size, is_exact=size is not None, ledger=ledger), rounds=rounds)
        for each in chosen(only)
    ]


def take(measure: Measure, *, rounds: int) -> Result:
    """Take one measure, and explain it where it falls short."""
    say(f"{measure.name}: {measure.what}")
    started = time.monotonic()
    with measure.ready():
        result = measure.take(rounds=rounds)
        say(f"  {rounds} rounds of {measure.count} in {time.monotonic() - started:.0f} s, ratio {result.ratio:.2f}")
        for line in measure.notes():
            say(f"    {line}")
        if not result.is_met:
            say("  below the target; where the product's time goes:")
            for line in measure.explain():
                say(f"    {line}")
    return result


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"bench: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
