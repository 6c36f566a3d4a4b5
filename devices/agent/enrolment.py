"""Belonging to a hall: making the key, using the one-time code, and finding both again at the next start."""

from __future__ import annotations

import hashlib
import json
import platform
import secrets
from dataclasses import asdict, dataclass
from gettext import gettext as _
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devices.agent import VERSION
from devices.agent.hall import Hall, check_address
from devices.agent.places import Places, write_private
from devices.gateway import pairing
from devices.gateway.pairing import Enrolment, Welcome
from devices.protocol.errors import ProtocolError
from devices.protocol.profiles import PrivateKey


class NotEnrolledError(Exception):
    """This PC belongs to no hall yet, or its files were damaged or changed."""


@dataclass(frozen=True)
class Belonging:
    """Which hall this PC belongs to, as which agent of which company."""

    hall: str
    agent: str
    token: str
    taxpayer_number: str
    taxpayer_name: str
    key_id: str
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"Belonging({self.hall!r}, {self.agent!r})"


def enrol(places: Places, *, hall: str, code: str, name: str = "", ca_file: str = "") -> Belonging:
    """Make a key, use the code, and keep what the hall gave.

    Raises: NotEnrolledError when this PC belongs to a hall already; ValueError for an address that is not safe;
    HallRefusedError, HallUnreachableError, OSError.
    """
    places.prepare()
    if places.enrolment.exists():
        raise NotEnrolledError(_("这台电脑已经连接大厅；要重新连接，请先运行 taxhall-agent forget。"))
    address = check_address(hall)
    pem, key = _new_key()
    spki = key.public_key.spki
    request = Enrolment(
        code=code,
        public_key=spki.hex(),
        signature=key.sign(pairing.enrol_bytes(code, spki)).hex(),
        name=name or platform.node() or "PC",
        platform=f"{platform.system()} {platform.release()}"[:60],
        version=VERSION,
        protocol=pairing.PROTOCOL,
    )
    welcome = Hall(address, ca_file=ca_file).enrol(request)
    return _keep(places, pem, _belonging(address, key, welcome, ca_file), welcome.device_ca)


def _belonging(address: str, key: PrivateKey, welcome: Welcome, ca_file: str) -> Belonging:
    return Belonging(
        hall=address,
        agent=welcome.agent,
        token=welcome.token,
        taxpayer_number=welcome.taxpayer_number,
        taxpayer_name=welcome.taxpayer_name,
        key_id=key.key_id,
        ca_file=str(Path(ca_file).resolve()) if ca_file else "",
    )


def _new_key() -> tuple[bytes, PrivateKey]:
    handle = ec.generate_private_key(ec.SECP256R1())
    pem = handle.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, PrivateKey.from_pem(pairing.ALGORITHM, pem)


def _keep(places: Places, pem: bytes, belonging: Belonging, device_ca: str) -> Belonging:
    write_private(places.key, pem)
    if device_ca:
        write_private(places.device_ca, device_ca.encode())
    write_private(places.session, b"0")
    content = asdict(belonging)
    # Last: with this file there the PC is enrolled.
    write_private(places.enrolment, json.dumps({**content, "check": _check(content)}).encode())
    return belonging


def load(places: Places) -> tuple[Belonging, PrivateKey]:
    """Return what was kept, if it is whole and fits together. Raises: NotEnrolledError."""
    try:
        content = json.loads(places.enrolment.read_bytes())
        check = content.pop("check")
        key = PrivateKey.from_pem(pairing.ALGORITHM, places.key.read_bytes())
        belonging = Belonging(**content)
    except FileNotFoundError as error:
        raise NotEnrolledError(_("这台电脑还没有连接大厅，请先运行 taxhall-agent enrol。")) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ProtocolError) as error:
        raise NotEnrolledError(_("连接文件不能读取：%(why)s") % {"why": error}) from error
    if check != _check(content) or belonging.key_id != key.key_id:
        raise NotEnrolledError(_("连接文件已损坏或被改动，程序没有启动；请重新连接这台电脑。"))
    return belonging, key


def forget(places: Places) -> None:
    """Remove key, token and page secret; the spool stays. Raises: OSError."""
    for path in (places.enrolment, places.key, places.device_ca, places.session, places.secret):
        path.unlink(missing_ok=True)


def next_session(places: Places, *, at_least: int = 0) -> int:
    """Return a session number that was never used, noted before it is. Raises: OSError."""
    try:
        last = int(places.session.read_text())
    except (OSError, ValueError):
        last = 0
    number = max(last, at_least) + 1
    write_private(places.session, str(number).encode())
    return number


def page_secret(places: Places) -> str:
    """Return what opens the page on this PC, made at the first call. Raises: OSError."""
    try:
        if secret := places.secret.read_text().strip():
            return secret
    except OSError:
        pass
    secret = secrets.token_urlsafe(24)
    write_private(places.secret, secret.encode())
    return secret


def _check(content: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
