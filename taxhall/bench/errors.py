"""What can go wrong with a bench."""

from __future__ import annotations


class BenchError(Exception):
    """A measure could not be taken, or the work it timed was not done; the text says what to look at."""
