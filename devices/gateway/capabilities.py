"""What a disk may lack. A driver declares what its disk has; the hall never fills a gap by guessing."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

MISSING = "missing_capability"


class Capability(StrEnum):
    """Something the hall asks of a disk when there is doubt, and that older or foreign disks may not offer."""

    READ_BACK_CLEAR = "read_back_clear"  # the receipt of the last clear, any number of times
    READ_BACK_RECORDS = "read_back_records"  # a signed record, by request id and by counter
    READ_BACK_ORDER = "read_back_order"  # the receipt of the last order
    LOG = "log"  # the disk's own log, chained and signed


EVERYTHING = frozenset(Capability)


def missing(capability: Capability) -> dict[str, str]:
    """Return the result of a step that the disk cannot do; a reader that does not know it cannot parse it."""
    return {MISSING: str(capability)}


def is_missing(result: Any) -> bool:
    """Say whether a step's result is that the disk cannot do it."""
    return isinstance(result, dict) and MISSING in result
