"""The environment of one process, read once and typed; a missing or wrong value fails at start."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from taxhall.common import failpoints

BASE_DIR = Path(__file__).resolve().parent.parent
ROLES = ("web", "worker", "device", "hooks", "beat", "operator")


def text(name: str, default: str = "") -> str:
    """Return NAME, or what the file named by NAME_FILE holds (for secrets).

    Raises: ImproperlyConfigured when both are set or the file cannot be read.
    """
    value, file = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and file:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them")
    if not file:
        return value or default
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from error


def words(name: str) -> tuple[str, ...]:
    """Return a comma-separated value as a tuple."""
    return tuple(part.strip() for part in text(name).split(",") if part.strip())


def whole_number(name: str, default: int) -> int:
    """Return a value as a positive number. Raises: ImproperlyConfigured."""
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name} must be a whole number above zero, not {value!r}")
    return int(value)


def socket_address(name: str, default: str) -> str:
    """Return where a daemon listens: unix:/path or tcp:host:port. Raises: ImproperlyConfigured."""
    value = text(name, default)
    if not re.fullmatch(r"unix:/.+|tcp:.+:\d{1,5}", value):
        raise ImproperlyConfigured(f"{name} must be unix:/path or tcp:host:port, not {value!r}")
    return value


def switch(name: str) -> bool:
    """Return whether a value says yes; not given is no. Raises: ImproperlyConfigured for anything but 1 or 0."""
    value = text(name, "0")
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")
    return value == "1"


@dataclass(frozen=True)
class HallEnvironment:
    """What the process environment says."""

    var: Path
    role: str
    database_url: str
    redis_url: str
    secret_key: str
    allowed_hosts: tuple[str, ...]
    trusted_origins: tuple[str, ...]
    signer: str
    signer_key_file: str
    sm_signer: str
    sm_signer_key_file: str
    device_ca_file: str
    identity_key: str
    trusted_proxies: tuple[str, ...]
    treasury_gateway: str
    treasury_url: str
    treasury_merchant: str
    treasury_key_file: str
    treasury_public_key_file: str
    file_scanner: str
    clamd_address: str
    sms_gateway: str
    sms_url: str
    sms_account: str
    sms_key_file: str
    archive_key_file: str
    archive_public_key_file: str
    policy_public_key_file: str
    cardhost_socket: str
    disk_drivers: tuple[str, ...]
    log_level: str
    failpoints: str
    lease_seconds: int
    hooks_loopback: bool

    @classmethod
    def read(cls) -> HallEnvironment:
        """Return the values of this process. Raises: ImproperlyConfigured."""
        role = text("HALL_ROLE", "operator")
        if role not in ROLES:
            raise ImproperlyConfigured(f"HALL_ROLE must be one of {', '.join(ROLES)}, not {role!r}")
        return cls(
            var=Path(text("HALL_VAR") or BASE_DIR / "var").resolve(),
            role=role,
            database_url=text("DATABASE_URL"),
            redis_url=text("REDIS_URL"),
            secret_key=text("HALL_SECRET_KEY"),
            allowed_hosts=words("HALL_ALLOWED_HOSTS"),
            trusted_origins=words("HALL_TRUSTED_ORIGINS"),
            signer=text("HALL_DEVICE_SIGNER"),
            # Paths of keys, never the keys: only who needs one opens it.
            signer_key_file=os.environ.get("HALL_SIGNER_KEY_FILE", ""),
            sm_signer=text("HALL_DEVICE_SM_SIGNER"),
            sm_signer_key_file=os.environ.get("HALL_SM_SIGNER_KEY_FILE", ""),
            device_ca_file=os.environ.get("HALL_DEVICE_CA_FILE", ""),
            identity_key=text("HALL_IDENTITY_KEY"),
            trusted_proxies=words("HALL_TRUSTED_PROXIES"),
            treasury_gateway=text("HALL_TREASURY_GATEWAY"),
            treasury_url=text("HALL_TREASURY_URL"),
            treasury_merchant=text("HALL_TREASURY_MERCHANT"),
            treasury_key_file=os.environ.get("HALL_TREASURY_KEY_FILE", ""),
            treasury_public_key_file=os.environ.get("HALL_TREASURY_PUBLIC_KEY_FILE", ""),
            file_scanner=text("HALL_FILE_SCANNER"),
            clamd_address=socket_address("HALL_CLAMD_ADDRESS", "unix:/run/clamav/clamd.ctl"),
            sms_gateway=text("HALL_SMS_GATEWAY"),
            sms_url=text("HALL_SMS_URL"),
            sms_account=text("HALL_SMS_ACCOUNT"),
            sms_key_file=os.environ.get("HALL_SMS_KEY_FILE", ""),
            archive_key_file=os.environ.get("HALL_ARCHIVE_KEY_FILE", ""),
            archive_public_key_file=os.environ.get("HALL_ARCHIVE_PUBLIC_KEY_FILE", ""),
            policy_public_key_file=os.environ.get("HALL_POLICY_PUBLIC_KEY_FILE", ""),
            cardhost_socket=text("HALL_CARDHOST_SOCKET"),
            disk_drivers=words("HALL_DISK_DRIVERS") or ("taxhall",),
            log_level=text("HALL_LOG_LEVEL", "INFO"),
            lease_seconds=whole_number("HALL_LEASE_SECONDS", 60),
            hooks_loopback=switch("HALL_HOOKS_LOOPBACK"),
            failpoints=os.environ.get(failpoints.VARIABLE, ""),
        )

    def require(self, **names: str) -> None:
        """Refuse to go on without the listed values (field="NAME of the variable").

        Raises: ImproperlyConfigured naming every missing variable at once.
        """
        missing = [variable for field, variable in names.items() if not getattr(self, field)]
        if missing:
            raise ImproperlyConfigured(f"set {', '.join(missing)} (or the same name with _FILE)")
