"""manage.py export_invoices: write a company's invoices as a file, for operators and scripts; no limit on how many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import services as account_services
from accounts.models import Taxpayer
from invoicing import services
from invoicing.choices_files import LIST_FORMATS, ExportFormat
from invoicing.filters import InvoiceFilters
from invoicing.models import Invoice
from taxhall.common.periods import TaxPeriod


class Command(BaseCommand):
    """Write the file row by row in constant memory."""

    help = "Export invoices (导出) of one company and period as XLSX, CSV, the 27-column ledger or EInvoice XML."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--taxpayer", required=True, metavar="NUMBER", help="纳税人识别号")
        parser.add_argument("--period", metavar="PERIOD", help="2026-11 or 2026-Q4; all without it")
        parser.add_argument("--format", default=ExportFormat.XLSX, choices=[name for name, _label in LIST_FORMATS])
        parser.add_argument("--json", action="store_true", help="print JSON for other programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write and say how much."""
        taxpayer = Taxpayer.objects.filter(number=options["taxpayer"]).first()
        if taxpayer is None:
            raise CommandError("no such taxpayer", returncode=1)
        found = InvoiceFilters(period=self._period(options["period"])).apply(Invoice.objects.filter(taxpayer=taxpayer))
        draft = options["file"].with_name(f"{options['file'].name}.part")
        with draft.open("wb") as out:
            written = services.write_export(out, format_name=options["format"], invoices=found)
        draft.replace(options["file"])
        with transaction.atomic():
            account_services.record_audit_event(
                actor=None,
                action="invoicing.export_written",
                obj=None,
                taxpayer=taxpayer,
                data={"format": options["format"], "period": options["period"] or "", "rows": written.row_count},
            )
        rows, left_out = written.row_count, written.left_out_count
        told = {"file": str(options["file"]), "rows": rows, "left_out": left_out}
        self.stdout.write(
            json.dumps(told, ensure_ascii=False) if options["json"] else f"{rows} row(s), {left_out} red left out"
        )

    def _period(self, text: str | None) -> TaxPeriod | None:
        try:
            return TaxPeriod.parse(text) if text else None
        except ValueError as error:
            raise CommandError(f"no such period: {text}", returncode=1) from error
