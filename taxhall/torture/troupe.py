"""Hands that make companies ready side by side: most of it is waiting until something is safely on the disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Self

from django.db import close_old_connections, connection, connections

from clearcard.models import ClearCardCase
from invoicing.models import Invoice
from taxhall.supervisor import die_with_parent
from taxhall.torture import cast
from taxhall.torture.cast import Player
from taxhall.torture.places import ISSUE

HANDS = 4
# What a company is about to do, and its person's open session.
Ready = tuple[ClearCardCase | Invoice, str]


class Troupe:
    """Some processes that do what one person after another would do."""

    def __init__(self) -> None:
        """Begin; call it before this process has threads, for its hands are copies of it."""
        connections.close_all()
        self._pool = ProcessPoolExecutor(HANDS, mp_context=get_context("fork"), initializer=die_with_parent)
        # All hands are there from the first order on.
        self._pool.submit(close_old_connections).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def raise_players(self, indexes: Iterable[int], folder: Path) -> list[Player]:
        """Register companies with their disks, in order."""
        return list(self._pool.map(_make_player, indexes, repeat(folder)))

    def make_ready(self, players: Sequence[Player], acts: Sequence[str]) -> list[Ready]:
        """Bring each company to where the button of its act is, and sign its person in."""
        return list(self._pool.map(_make_ready, players, acts))


def _connect() -> None:
    """Take a connection without the hall's limit: nobody waits for these rows, and a busy machine may stand still."""
    close_old_connections()
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0")


def _make_player(index: int, folder: Path) -> Player:
    _connect()
    return cast.make_player(index, folder)


def _make_ready(player: Player, act: str) -> Ready:
    _connect()
    subject = cast.draft_invoice(player) if act == ISSUE else cast.fill_application(player)
    return subject, cast.sign_in(player)
