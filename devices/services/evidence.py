"""The enrolled key of a disk: the one thing that makes its words believed."""

from __future__ import annotations

from devices.errors import BadSignatureError
from devices.models import Device
from devices.protocol.certificates import DiskCertificate
from devices.protocol.errors import ProtocolError
from devices.protocol.message import SignedMessage
from devices.protocol.profiles import PublicKey


def enrolled_key(device: Device) -> PublicKey:
    """Return the public key that was enrolled for the disk."""
    return DiskCertificate.from_pem(device.certificate).public_key


def require_signed_by(device: Device, message: SignedMessage) -> None:
    """Let only what the enrolled key signed go on. Raises: BadSignatureError."""
    try:
        message.verify(enrolled_key(device))
    except ProtocolError as error:
        raise BadSignatureError from error
