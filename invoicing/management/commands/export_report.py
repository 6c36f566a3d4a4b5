"""manage.py export_report: write one report of a company, or of a bureau's companies, into a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Bureau, Taxpayer
from invoicing import services
from invoicing.reports import DISTRICT_REPORTS, REPORTS
from taxhall.common.errors import TaxhallError
from taxhall.common.periods import TaxPeriod
from taxhall.common.sheets import FileFormat


class Command(BaseCommand):
    """Write a report as XLSX, CSV or PDF, however long it is."""

    help = (
        "Write one report of a company, or of all the companies of a bureau, into a file: the same figures as on the "
        "page. XLSX and CSV of a company are written row by row in constant memory. The file appears under its name "
        "only when it is whole. Exit code 0: written; 1: no such report, company, bureau or period, or the report "
        "cannot be written so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what is wanted."""
        names = dict.fromkeys([each.name for each in REPORTS] + [each.name for each in DISTRICT_REPORTS])
        parser.add_argument("name", choices=list(names), help="which report")
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--taxpayer", metavar="NUMBER", help="the company's 纳税人识别号")
        whose.add_argument("--bureau", metavar="CODE", help="the bureau's 机关代码; a city's answers for its districts")
        parser.add_argument("--period", required=True, help="2026-10 or 2026-Q4")
        parser.add_argument("--format", choices=FileFormat.values, default=FileFormat.XLSX.value)
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: NAME-PERIOD.FORMAT here")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write beside the goal, then move into place."""
        write = _company_writer(options) if options["taxpayer"] else _bureau_writer(options)
        try:
            period = TaxPeriod.parse(options["period"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        goal = options["output"] or Path(f"{options['name']}-{period.code}.{options['format']}")
        descriptor, draft = tempfile.mkstemp(dir=goal.parent, prefix=f".{goal.name}.")
        try:
            with os.fdopen(descriptor, "wb") as target:
                write(name=options["name"], period=period, file_format=options["format"], target=target)
            Path(draft).replace(goal)
        except TaxhallError as error:
            raise CommandError(f"{error.message}{error.next_step}") from error
        finally:
            Path(draft).unlink(missing_ok=True)
        self.stdout.write(f"{goal} ({goal.stat().st_size:,} bytes)")


def _company_writer(options: dict[str, Any]) -> Callable[..., object]:
    taxpayer = Taxpayer.objects.filter(number=options["taxpayer"]).first()
    if taxpayer is None:
        raise CommandError(f"no taxpayer {options['taxpayer']}")
    return partial(services.export_report, actor=None, taxpayer=taxpayer)


def _bureau_writer(options: dict[str, Any]) -> Callable[..., object]:
    bureau = Bureau.objects.filter(code=options["bureau"]).first()
    if bureau is None:
        raise CommandError(f"no bureau {options['bureau']}")
    return partial(services.write_bureau_report, bureau=bureau)
