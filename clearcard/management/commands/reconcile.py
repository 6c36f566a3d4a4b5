"""manage.py reconcile: settle doubts now, by reading the disks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase

UNSETTLED = (CaseStatus.SENDING, CaseStatus.IN_DOUBT, CaseStatus.MANUAL)


class Command(BaseCommand):
    """Read the disk of every case in doubt and settle it by the disk's own word."""

    help = (
        "Settle clear-card cases in doubt (待核实) by reading their disks; nothing is sent to a disk that has not "
        "proved that the clear never ran. Safe to repeat. Exit code 0: nothing is left in doubt; "
        "2: some are (disk absent, or held by a worker); 1: no such case."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--case", metavar="NUMBER", help="only this case")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Reconcile one by one, with progress."""
        cases = self._cases(options["case"])
        for index, case in enumerate(cases, start=1):
            settled = services.reconcile_case(case_id=case.pk)
            settled.refresh_from_db()
            words = selectors.status_words(settled)
            self.stdout.write(
                f"[{index}/{len(cases)}] {case.number} {case.device.serial}: {words.word} {words.sentence}"
            )
        left = ClearCardCase.objects.filter(pk__in=[case.pk for case in cases], status__in=UNSETTLED).count()
        self.stdout.write(f"{len(cases) - left} settled, {left} left")
        if left:
            raise SystemExit(2)

    def _cases(self, number: str | None) -> list[ClearCardCase]:
        found = ClearCardCase.objects.select_related("device").order_by("pk")
        if number is None:
            return list(found.filter(status__in=UNSETTLED))
        cases = list(found.filter(number=number))
        if not cases:
            raise CommandError(f"no case {number}", returncode=1)
        return cases
