"""What the hall asks of a scanner, and what it believes: only a verdict in words that it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.choices import ScanState


class ScannerError(Exception):
    """There is no verdict: the scanner is down, slow, or said something that it is not known for."""


@dataclass(frozen=True)
class Engine:
    """Which scanner, and how new its signatures are; a verdict is worth as much as these."""

    name: str
    signatures: str


@dataclass(frozen=True)
class Verdict:
    """What the scanner said: nothing found, something found, or which limit kept it from looking at all of it."""

    engine: Engine
    finding: str = ""
    # A ScanLimit; empty when the whole file was looked at.
    limit: str = ""

    @property
    def is_too_large(self) -> bool:
        """Whether a limit was met, so that nobody knows what is in the file."""
        return bool(self.limit)

    @property
    def state(self) -> ScanState:
        """What the file is after this verdict."""
        if self.is_too_large:
            return ScanState.TOO_LARGE
        return ScanState.INFECTED if self.finding else ScanState.CLEAN

    @property
    def is_clean(self) -> bool:
        """Whether the whole file was looked at and nothing was found."""
        return self.state == ScanState.CLEAN


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
