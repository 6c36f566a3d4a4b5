"""The environment of one process, read once and typed; a missing value fails at start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
ROLES = ("web", "worker", "device", "beat", "operator")


@dataclass(frozen=True)
class HallEnvironment:
    """What the process environment says; secrets may come from NAME_FILE."""

    var: Path
    role: str
    database_url: str
    redis_url: str
    signer_key_file: str
    device_ca_file: str

    @classmethod
    def read(cls) -> HallEnvironment:
        """Return the values of this process.

        Raises: environ.ImproperlyConfigured for a role that does not exist.
        """
        role = os.environ.get("HALL_ROLE", "operator")
        if role not in ROLES:
            raise environ.ImproperlyConfigured(f"HALL_ROLE must be one of {', '.join(ROLES)}, not {role!r}")
        return cls(
            var=Path(os.environ.get("HALL_VAR") or BASE_DIR / "var").resolve(),
            role=role,
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
            signer_key_file=os.environ.get("HALL_SIGNER_KEY_FILE", ""),
            device_ca_file=os.environ.get("HALL_DEVICE_CA_FILE", ""),
        )
