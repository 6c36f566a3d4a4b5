"""What a measure is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from taxhall.bench.rounds import Better, Result, alternate

# How long one run of the product may take on a slow or busy machine; it then does fewer pieces of work.
RUN_SECONDS = 8.0
FEWEST_PIECES = 20
# How many invoices a long ledger has unless told otherwise: filled in seconds, and long enough to be felt.
LEDGER = 100_000
SMALL = 1_000


class Measure(ABC):
    """A floor and the product doing the same work on the same servers.

    A subclass says in its docstring what both sides do, what is left out, and why that is honest. It checks that
    the work was really done: a fast product that did nothing is an error, not a record.
    """

    name: ClassVar[str]
    what: ClassVar[str]  # one line for people: product / floor
    unit: ClassVar[str]
    target: ClassVar[float]
    better: ClassVar[Better] = "higher"
    size: ClassVar[int]  # how many pieces of work one run does, or fewer where they take long

    def __init__(self, folder: Path, *, size: int | None = None, is_exact: bool = False, ledger: int = LEDGER) -> None:
        self.folder = folder
        self.ledger = ledger
        self.count = size or self.size
        # A size that a person asked for is kept, however long it takes.
        self.is_exact = is_exact

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Make what both sides need, warm both up, and take it down again."""
        yield

    def fit(self, seconds: float, pieces: int) -> None:
        """Choose how many pieces a run does, on both sides, from how long some of the product's took."""
        if self.is_exact:
            return
        possible = int(RUN_SECONDS * pieces / seconds)
        self.count = min(self.count, max(FEWEST_PIECES, possible))

    @abstractmethod
    def floor(self) -> float:
        """Run the floor once and return its figure."""

    @abstractmethod
    def product(self) -> float:
        """Run the product once and return its figure."""

    @abstractmethod
    def explain(self) -> list[str]:
        """Say where the product's time goes; asked only when the target is missed."""

    def notes(self) -> list[str]:
        """Say what else there is to know of the product; asked inside `ready`, after the rounds."""
        return []

    def take(self, *, rounds: int) -> Result:
        """Alternate the two sides inside `ready` and return what was found."""
        taken = alternate(self.floor, self.product, rounds=rounds)
        return Result(self.name, self.unit, self.target, self.better, taken)
