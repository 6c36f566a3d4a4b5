"""What the hall asks of a scanner, and what it believes: only a verdict in words that it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class ScannerError(Exception):
    """There is no verdict: the scanner is down, slow, or said something that is neither clean nor infected."""


@dataclass(frozen=True)
class Engine:
    """Which scanner, and how new its signatures are; a verdict is worth as much as these."""

    name: str
    signatures: str


@dataclass(frozen=True)
class Verdict:
    """What the scanner found; an empty finding is a clean file."""

    engine: Engine
    finding: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.finding


class FileScanner(Protocol):
    """A way to a scanner. Whatever is not a whole answer within the time is a ScannerError, never a verdict."""

    is_demo: bool

    def engine(self, *, patience: float) -> Engine:
        """Return the engine in use. Raises: ScannerError."""

    def scan(self, content: IO[bytes], *, patience: float) -> Verdict:
        """Scan one file within so many seconds. Raises: ScannerError."""


def file_scanner() -> FileScanner:
    """Return the scanner that the settings name."""
    scanner: FileScanner = import_string(settings.FILE_SCANNER)()
    return scanner
