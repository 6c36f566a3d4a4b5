"""Load the tax classification (商品和服务税收分类编码) from the bureau's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invoicing import services
from taxhall.common.errors import InvalidInputError

# A few common classes in the format of the whole file, so that a new hall is not empty.
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "tax_codes.csv"


class Command(BaseCommand):
    """Load a CSV file whose headings are 编码, 名称, 简称, 税率, 版本号; again brings the table up to date."""

    help = "Load the tax classification (商品和服务税收分类编码) from a CSV file. Exit code 1 when it is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file; without one the small set that ships is loaded."""
        parser.add_argument("file", nargs="?", type=Path, default=SAMPLE, metavar="FILE")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load it and say how many codes there were."""
        try:
            count = services.load_tax_codes(options["file"])
        except InvalidInputError as error:
            raise CommandError(f"{error.code}: {error.message}{error.next_step}") from error
        except OSError as error:
            raise CommandError(f"cannot read {options['file']}: {error.strerror}") from error
        self.stdout.write(f"{count} codes loaded")
