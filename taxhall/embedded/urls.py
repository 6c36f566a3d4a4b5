"""Addresses of the embedded servers, for settings that were given none."""

from __future__ import annotations

from pathlib import Path

from taxhall.embedded import files
from taxhall.embedded.server import Place


def database_url(var: Path) -> str:
    """Return the database's address, empty when none was ever started here."""
    port, password = _where(var, "postgres")
    return f"postgres://taxhall:{password}@127.0.0.1:{port}/taxhall" if port else ""


def redis_url(var: Path) -> str:
    """Return the broker's address, empty when none was ever started here."""
    port, password = _where(var, "valkey")
    return f"redis://:{password}@127.0.0.1:{port}/0" if port else ""


def _where(var: Path, name: str) -> tuple[int | None, str]:
    place = Place.under(var)
    port = files.read_state(place.state_file(name)).get("port")
    try:
        password = (place.home / f"{name}.password").read_text().strip()
    except OSError:
        return None, ""
    return (port if isinstance(port, int) and password else None), password
