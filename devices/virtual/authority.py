"""Whose word the disk takes: authority keys on the disk, not withdrawn, and only for this disk and company."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from devices.protocol.errors import MessageError, ProtocolError
from devices.protocol.message import SignedMessage
from devices.protocol.messages import AuthorityOrder, ClearToken
from devices.protocol.status_words import SW
from devices.virtual.card import Card, RefusedError, require
from devices.virtual.values import AuthorityKey

SignedT = TypeVar("SignedT", bound=SignedMessage)
CLOCK_TOLERANCE = timedelta(minutes=5)


def read_signed(cls: type[SignedT], data: bytes) -> SignedT:
    """Read a signed message of the authority, not yet believed. Raises: RefusedError."""
    try:
        return cls.from_envelope(data)
    except MessageError as error:
        raise RefusedError(SW.TOKEN_MALFORMED) from error


def check_authority(card: Card, message: SignedMessage, *, is_repeat: bool = False) -> None:
    """Check that a key of the authority signed it; one that is withdrawn counts for a repeat only.

    Raises: RefusedError.
    """
    require(message.algorithm == card.state.issue_data.algorithm, SW.TOKEN_ALGORITHM)
    key = card.state.find(AuthorityKey, message.key_id)
    if key is None:
        raise RefusedError(SW.TOKEN_KEY_UNKNOWN)
    require(is_repeat or not key.is_revoked, SW.TOKEN_KEY_REVOKED)
    try:
        message.verify(key.public_key)
    except ProtocolError as error:
        raise RefusedError(SW.TOKEN_SIGNATURE) from error


def check_bound(card: Card, serial: str, taxpayer_number: str) -> None:
    """Check that it is for this disk and this taxpayer. Raises: RefusedError."""
    data = card.state.issue_data
    require(serial == data.serial, SW.TOKEN_WRONG_DISK)
    require(taxpayer_number == data.taxpayer_number, SW.TOKEN_OTHER_COMPANY)


def check_times(message: ClearToken | AuthorityOrder, now: datetime) -> None:
    """Check that it is valid now by the disk's own clock. Raises: RefusedError."""
    require(message.issued_at < message.expires_at, SW.TOKEN_WINDOW)
    require(now <= message.expires_at, SW.TOKEN_EXPIRED)
    require(message.issued_at <= now + CLOCK_TOLERANCE, SW.TOKEN_NOT_YET_VALID)
