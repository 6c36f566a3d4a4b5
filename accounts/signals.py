"""What accounts announces; sent after commit with `scan=`."""

from __future__ import annotations

from django.dispatch import Signal

file_scanned = Signal()
