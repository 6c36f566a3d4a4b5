"""What signs for the authority, and why only this: whole messages of known kinds, never loose bytes."""

from __future__ import annotations

from typing import Protocol

from devices.protocol.messages import AuthorityOrder, ClearToken, UploadAck
from devices.protocol.profiles import PublicKey


class SignerError(Exception):
    """The key is not there, not safe, or not usable; nothing was signed."""


class Signer(Protocol):
    """Holds a clear key of the hall. Only the process that executes approved commands has one.

    A site's own class is made as `Class(address, algorithm="intl")`: where its key is, and for which profile.
    """

    @property
    def public_key(self) -> PublicKey:
        """The key that disks check against; its `key_id` is in every message signed."""
        ...

    def sign_clear(self, draft: ClearToken) -> ClearToken:
        """Return the token signed, and verified again before it leaves. Raises: SignerError."""
        ...

    def sign_order(self, draft: AuthorityOrder) -> AuthorityOrder:
        """Return the order signed, and verified again before it leaves. Raises: SignerError."""
        ...

    def sign_acknowledgement(self, draft: UploadAck) -> UploadAck:
        """Return the acknowledgement signed, and verified again before it leaves. Raises: SignerError."""
        ...
