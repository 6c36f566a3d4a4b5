"""Look at uploaded files anew after the scanner was updated."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import services
from accounts.scanning.base import ScannerError

HELP = """Have uploaded files scanned anew whose verdict is older than the scanner is now.

Run it after every update of the engine or its signatures (clamd: OnUpdateExecute), and when its limits were raised:
what was too large for it is looked at again whatever its verdict is of. The files stay as they are until
the new verdict is there; workers look at them one after another. Exit codes: 0 asked for, 1 no answer."""


class Command(BaseCommand):
    """manage.py rescan_uploads."""

    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--all", action="store_true", dest="everything", help="whatever its verdict is of")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask for the looks."""
        try:
            count = services.rescan_files(everything=options["everything"])
        except ScannerError as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(f"{count} file(s) will be looked at anew")
