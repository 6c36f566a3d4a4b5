"""Check a taxpayer's backup of any size: whole, this hall's, every invoice signed by its disk."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Taxpayer
from invoicing import services
from invoicing.backup import ArchiveKeyError
from invoicing.errors import BackupRefusedError

HELP = """Open a backup of invoices (发票备份) and compare it with the ledger; nothing is changed.

The passphrase is asked for, or read as one line from standard input when that is no terminal.
Exit codes: 0 whole and equal to the ledger, 1 refused, 2 whole but different."""


class Command(BaseCommand):
    """manage.py verify_backup."""

    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", dest="as_json", help="for machines")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check one file."""
        try:
            passphrase = getpass.getpass("备份口令: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
            with options["file"].open("rb") as file:
                content = services.open_backup(file, passphrase=passphrase)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except BackupRefusedError as error:
            raise CommandError(f"{error.code}: {error.message}{error.next_step}") from error
        except ArchiveKeyError as error:
            words = "name the hall's public key in HALL_ARCHIVE_PUBLIC_KEY_FILE"
            raise CommandError(f"invoice.archive_key: {error}; {words}") from error
        except UnicodeError as error:
            raise CommandError("the passphrase is not UTF-8; type it, or pipe it in as one line of UTF-8") from error
        taxpayer = Taxpayer.objects.filter(number=content.manifest.taxpayer).first()
        if taxpayer is None:
            raise CommandError(f"no taxpayer {content.manifest.taxpayer} in this hall")
        self._tell(services.compare_backup(taxpayer=taxpayer, content=content), as_json=options["as_json"])

    def _tell(self, review: services.BackupReview, *, as_json: bool) -> None:
        manifest = review.manifest
        facts = {
            "taxpayer": manifest.taxpayer,
            "period": manifest.period,
            "made_at": manifest.made_at,
            "count": manifest.count,
            "total": str(review.total),
            "verdicts": dict(review.counts),
            "newer_in_ledger": review.missing,
            "clean": review.is_clean,
        }
        if as_json:
            self.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2))
        else:
            for name, value in facts.items():
                self.stdout.write(f"{name:16} {value}")
        if not review.is_clean:
            raise CommandError("the ledger says otherwise; see the verdicts", returncode=2)
