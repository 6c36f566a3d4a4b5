"""manage.py print_invoices: draw the invoices of a company into one PDF."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Taxpayer
from invoicing import services
from invoicing.choices_files import PrintMode, PrintPaper
from invoicing.printing import PrintOptions
from taxhall.common.errors import TaxhallError
from taxhall.common.periods import TaxPeriod


class Command(BaseCommand):
    """Print a period's invoices, however many there are."""

    help = (
        "Draw the issued invoices of a company and period into one PDF, by kind and number, and count each as printed; "
        "--preview marks the faces and counts nothing. The file appears under its name only when it is whole. "
        "Exit code 0: written; 1: no such company or period, nothing to print, or a kind without a face."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what is wanted."""
        parser.add_argument("--taxpayer", required=True, metavar="NUMBER", help="the company's 纳税人识别号")
        parser.add_argument("--period", required=True, help="2026-10 or 2026-Q4")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the PDF")
        parser.add_argument("--mode", choices=PrintMode.values, default=PrintMode.WHOLE.value)
        parser.add_argument("--paper", choices=PrintPaper.values, default=PrintPaper.OWN.value)
        parser.add_argument("--unprinted", action="store_true", help="only paper invoices that were never printed")
        parser.add_argument("--preview", action="store_true", help="mark as preview, count nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write beside the goal, then move into place."""
        taxpayer = Taxpayer.objects.filter(number=options["taxpayer"]).first()
        if taxpayer is None:
            raise CommandError(f"no taxpayer {options['taxpayer']}")
        try:
            period = TaxPeriod.parse(options["period"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        goal = options["out"]
        chosen = PrintOptions(mode=options["mode"], paper=options["paper"], is_preview=options["preview"])
        if not goal.parent.is_dir():
            raise CommandError(f"no folder {goal.parent}")
        descriptor, draft = tempfile.mkstemp(dir=goal.parent, prefix=f".{goal.name}.")
        try:
            with os.fdopen(descriptor, "wb") as target:

                def keep() -> None:
                    target.flush()
                    os.fsync(target.fileno())

                count = services.print_period(
                    target,
                    taxpayer=taxpayer,
                    period=period,
                    options=chosen,
                    keep=keep,
                    is_new_only=options["unprinted"],
                )
            Path(draft).replace(goal)
        except TaxhallError as error:
            raise CommandError(f"{error.message}{error.next_step}") from error
        finally:
            Path(draft).unlink(missing_ok=True)
        self.stdout.write(f"{goal} ({count} invoices, {goal.stat().st_size:,} bytes)")
