"""The clock by which a right to send runs out: it counts while the machine sleeps and cannot be set."""

from __future__ import annotations

import time


def boot_seconds() -> float:
    """Return the seconds since this machine started, sleep included; the same in all of its processes.

    A closed laptop must not keep its right to send. On Linux the monotonic clock stands still meanwhile, on
    Windows it does not.
    """
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
