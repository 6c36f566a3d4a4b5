"""Several disks cleared at once, against one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from taxhall.bench.measure import Measure
from taxhall.bench.racks import card_house

DISKS = 8
SIGNING_SECONDS = 0.1
# Signatures that a disk makes in one clear: three proofs of identity, report, status, request, receipt.
SIGNATURES = 7
ROUND = 2


class ManyDisks(Measure):
    """Eight disks in eight readers, each cleared by a hand of its own, against one disk alone; 100 ms a signature.

    A clear is the hall's three visits through the real card service: the month is reported, the disk asks, the signed
    token is applied and the receipt is checked. Left out is the ledger, which `clear-worker` measures.

    Floor: the same with one disk. A hall that let one disk wait for another would stay at 1.
    """

    name = "many-disks"
    what = "eight disks cleared at once / one disk, 100 ms a signature"
    unit = "clears/s"
    target = 7.0
    size = ROUND

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Serve the disks, clear each once, then slow them down."""
        with card_house(self.folder, DISKS) as self.house:
            self.house.clear_all(DISKS, 1)
            self.house.delay_signatures(SIGNING_SECONDS)
            yield

    def floor(self) -> float:
        """Clear one disk and return how many clears a second."""
        return self.count / self.house.clear_all(1, self.count)

    def product(self) -> float:
        """Clear all disks at once and return how many clears a second."""
        return DISKS * self.count / self.house.clear_all(DISKS, self.count)

    def notes(self) -> list[str]:
        """Say how it grows with the disks, and how much of the time is ours."""
        lines = []
        for seconds in (0.0, SIGNING_SECONDS):
            self.house.delay_signatures(seconds)
            for count in (1, 2, 4, DISKS):
                took = self.house.clear_all(count, self.count)
                ours = 1 - min(1.0, SIGNATURES * seconds * self.count / took)
                rate = count * self.count / took
                lines.append(
                    f"{count} disks, {seconds * 1000:3.0f} ms a signature: {rate:5.1f} clears/s, {ours:.0%} of it ours"
                )
        return lines

    def explain(self) -> list[str]:
        """Nothing more than the notes."""
        return []
