"""manage.py rebuild_rollups: count the rollups anew, or prove that they are equal to the invoices."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from invoicing import services


class Command(BaseCommand):
    """Make the rollups from the invoices, and compare."""

    help = (
        "Count the rollups that reports are served from anew out of the invoices, in one transaction: nobody issues "
        "or voids meanwhile, reports show the old figures until it is done. With --check nothing is written and "
        "nobody waits. Exit code 0: every rollup is equal to the invoices; 2: some rows are not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--check", action="store_true", help="only compare, write nothing")

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        """Rebuild unless told not to, then say what the comparison found."""
        found = services.check_rollups() if check else services.rebuild_rollups()
        for each in found:
            words = "equal to the invoices" if not each.drifted else f"{each.drifted} rows differ"
            self.stdout.write(f"{each.table}: {each.rows} rows, {words}")
        if any(each.drifted for each in found):
            raise SystemExit(2)
