"""Locks by name, for rules that no row stands for."""

from __future__ import annotations

from django.db import connection


def hold_until_commit(name: str) -> None:
    """Hold a name until the transaction ends; whoever else asks for it waits. Outside one it is held for no time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
