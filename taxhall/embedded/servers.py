"""Starting, stopping and sharing the two servers of one var folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taxhall.embedded import files
from taxhall.embedded.isolation import Isolation
from taxhall.embedded.postgres import Postgres
from taxhall.embedded.server import EmbeddedServer, Place, ServerStatus
from taxhall.embedded.valkey import Valkey

NAMES = ("postgres", "valkey")
_KINDS: dict[str, type[EmbeddedServer]] = {"postgres": Postgres, "valkey": Valkey}


def build(
    var: Path, *, names: tuple[str, ...] = NAMES, durable: bool = True, isolation: Isolation | None = None
) -> list[EmbeddedServer]:
    """Return the servers of a var folder; nothing is started."""
    place = Place.under(var)
    files.private_folder(place.home)
    chosen = isolation or Isolation.choose()
    return [_KINDS[name](place, chosen, durable=durable) for name in names]


def start(
    var: Path, *, names: tuple[str, ...] = NAMES, durable: bool = True, isolation: Isolation | None = None
) -> list[ServerStatus]:
    """Start what does not run yet and return where it all is.

    Safe to call again and from several processes at once. Raises: EmbeddedError.
    """
    place = Place.under(var)
    files.private_folder(place.home)
    with files.exclusive_lock(place.lock_file):
        servers = build(var, names=names, durable=durable, isolation=isolation)
        for server in servers:
            server.start()
        return [server.status() for server in servers]


def stop(var: Path, *, names: tuple[str, ...] = NAMES, isolation: Isolation | None = None) -> list[str]:
    """Stop the servers of this var folder, the broker first; return the names of those that ran."""
    place = Place.under(var)
    if not place.home.exists():
        return []
    with files.exclusive_lock(place.lock_file):
        servers = build(var, names=names, isolation=isolation)
        return [server.name for server in reversed(servers) if server.stop()]


def discard(var: Path) -> None:
    """Stop the servers of this var folder and remove all they stored; for halls that are thrown away."""
    stop(var)
    home = Place.under(var).home
    if home.exists():
        Isolation.choose().discard(home)


def status(var: Path, *, names: tuple[str, ...] = NAMES) -> list[ServerStatus]:
    """Return what runs; asks the machine, changes nothing."""
    if not Place.under(var).home.exists():
        return [ServerStatus(name, running=False) for name in names]
    return [server.status() for server in build(var, names=names)]


@contextmanager
def borrowed(var: Path, *, names: tuple[str, ...] = NAMES) -> Iterator[list[ServerStatus]]:
    """Use throw-away servers together with others; the last one out stops them.

    For test runs, several of which may share a checkout. Who dies without a word lets go of the
    shared lock all the same.
    """
    place = Place.under(var)
    files.private_folder(place.home)
    with place.users_file.open("a") as users:
        with files.exclusive_lock(place.lock_file):
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield start(var, names=names, durable=False)
        finally:
            _leave(place, var, users.fileno(), names)


def _leave(place: Place, var: Path, users: int, names: tuple[str, ...]) -> None:
    if not files.is_at(place.users_file, users):
        # The folder was removed and made anew meanwhile: what runs in it now is somebody else's.
        return
    with files.exclusive_lock(place.lock_file):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        for server in build(var, names=names, durable=False):
            server.stop()
