"""Plain values that tables and rules of filing share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Closure:
    """Days on which the hall could not be used, both ends included, and the announcement that says so."""

    first: date
    last: date
    source: str
