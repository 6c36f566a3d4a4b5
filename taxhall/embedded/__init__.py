"""A real PostgreSQL and a real Valkey from wheels, under var/, for machines that bring none.

No Django in here: settings ask this package where the database is.
"""

from __future__ import annotations

from taxhall.embedded.errors import EmbeddedError
from taxhall.embedded.server import ServerStatus
from taxhall.embedded.servers import NAMES, borrowed, discard, start, status, stop

__all__ = ["NAMES", "EmbeddedError", "ServerStatus", "borrowed", "discard", "start", "status", "stop"]
