"""Commands to a disk through the card host, against the same commands by the bare library."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from taxhall.bench.errors import BenchError
from taxhall.bench.measure import Measure
from taxhall.bench.racks import CardHouse, card_house

# What the card host sends by itself in each visit: SELECT, GET_CERT, CHALLENGE.
OPENING = 3
STEPS = 60
PATIENCE_SECONDS = 60


class CardExchange(Measure):
    """One caller has one disk asked for its PIN tries over and over, over the real card service.

    Product: visits through the card host's socket. Each finds the disk by serial, connects, takes the reader for
    itself, selects, proves the disk's identity by a signature and checks it, asks, and resets the card. A visit asks
    60 times, as long as the reading of a month's records; short visits cost more an answer, see `explain`.

    Floor: pyscard in a process of its own, connected once for all, sending the same commands in the same order,
    the challenge's signature included and unchecked. Nothing is left out.
    """

    name = "card-exchange"
    what = "commands to a disk through the card host / the same by bare pyscard"
    unit = "commands/s"
    target = 0.7
    size = 3_000

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Serve one disk and go both ways once."""
        with card_house(self.folder, 1) as self.house:
            self.product()
            yield

    def floor(self) -> float:
        """Send the commands by the bare library and return how many a second."""
        visits = self._visits(STEPS)
        command = [sys.executable, "-m", "taxhall.bench.bare_card", str(visits), str(STEPS)]
        environment = {**os.environ, "PCSCLITE_CSOCK_NAME": self.house.socket}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
        if done.returncode:
            raise BenchError(f"the bare library failed: {done.stderr[-500:]}")
        return float(done.stdout)

    def product(self) -> float:
        """Visit through the card host and return how many commands a second."""
        return self._rate(self.house, STEPS)

    def explain(self) -> list[str]:
        """Say what visits of other lengths cost."""
        rates = {steps: self._rate(self.house, steps) for steps in (1, 5, 20, 60, 200)}
        return [f"{steps:3} commands a visit: {rate:,.0f} commands/s" for steps, rate in rates.items()]

    def _visits(self, steps: int) -> int:
        return max(1, self.count // (steps + OPENING))

    def _rate(self, house: CardHouse, steps: int) -> float:
        visits = self._visits(steps)
        started = time.perf_counter()
        for _ in range(visits):
            found = house.visit(house.disks[0], *[{"op": "pin_tries"}] * steps)
            if len(found) != steps:
                raise BenchError("a visit did not answer every step")
        return visits * (steps + OPENING) / (time.perf_counter() - started)
