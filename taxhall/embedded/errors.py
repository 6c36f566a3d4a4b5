"""What can go wrong with the embedded servers."""

from __future__ import annotations


class EmbeddedError(Exception):
    """An embedded server could not be installed, started or stopped; the text says what to do."""
