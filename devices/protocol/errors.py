"""What can be wrong with bytes; carriers and disks turn these into their own answers."""

from __future__ import annotations


class ProtocolError(ValueError):
    """Bytes or values that do not follow the protocol."""


class MessageError(ProtocolError):
    """A message with a missing, repeated, unknown or ill-formed field."""


class TlvError(MessageError):
    """A TLV structure that is cut short, has a remainder, or is not in its one canonical form."""


class ApduError(ProtocolError):
    """A command or answer APDU of an impossible shape."""


class SignatureInvalidError(ProtocolError):
    """A signature that does not verify with the key it was checked against."""


class CipherError(ProtocolError):
    """Sealed data that do not open: changed, cut short, or under another key."""


class CertificateInvalidError(ProtocolError):
    """A disk certificate that no trusted device CA vouches for, or not at this time."""
