"""manage.py clear_status: where every clear stands, for operators."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clearcard import selectors
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase

ATTENTION = (CaseStatus.IN_DOUBT, CaseStatus.MANUAL)


class Command(BaseCommand):
    """Print cases and what each waits for; exit 2 when one is in doubt or with a person."""

    help = (
        "Show unfinished clear-card cases (清卡申请): number, disk, period, state and what it waits for. "
        "Exit code 0: nothing needs a person; 2: at least one case is in doubt (待核实); 1: no such case."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--case", metavar="NUMBER", help="one case by its application number, finished or not")
        parser.add_argument("--json", action="store_true", help="print JSON for other programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read and print."""
        rows = [_row(case) for case in self._cases(options["case"])]
        if options["json"]:
            self.stdout.write(json.dumps({"cases": rows}, ensure_ascii=False, indent=2))
        else:
            self._print(rows)
        if any(row["status"] in ATTENTION for row in rows):
            raise SystemExit(2)

    def _cases(self, number: str | None) -> list[ClearCardCase]:
        found = ClearCardCase.objects.select_related("device", "taxpayer", "command")
        if number is None:
            return list(found.unfinished().order_by("pk"))
        cases = list(found.filter(number=number))
        if not cases:
            raise CommandError(f"no case {number}; run without --case to list the unfinished ones", returncode=1)
        return cases

    def _print(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self.stdout.write(f"{row['number']}  {row['device']}  {row['period']}  {row['word']}  {row['sentence']}")
        self.stdout.write(f"{len(rows)} case(s)")


def _row(case: ClearCardCase) -> dict[str, Any]:
    words = selectors.status_words(case)
    return {
        "number": case.number,
        "taxpayer": case.taxpayer.number,
        "device": case.device.serial,
        "period": case.period.code,
        "status": case.status,
        "word": words.word,
        "sentence": words.sentence,
        "next_step": words.next_step,
        "waiting_code": case.waiting_code,
        "failure_code": case.failure_code,
        "command": case.command.state if case.command else "",
        "attempts": case.attempts,
        "next_attempt_at": case.next_attempt_at.isoformat() if case.next_attempt_at else None,
    }
