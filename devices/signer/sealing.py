"""The one path by which any signer seals a message: sign, then check the result as a disk would."""

from __future__ import annotations

from typing import TypeVar

from devices.protocol.errors import ProtocolError
from devices.protocol.message import SignedMessage
from devices.protocol.messages import AuthorityOrder, ClearToken, UploadAck
from devices.protocol.profiles import PublicKey, SigningKey
from devices.signer.base import SignerError

SignedT = TypeVar("SignedT", bound=SignedMessage)


class SealingSigner:
    """Seals the messages of the authority with one key, under the profile of the key."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @property
    def public_key(self) -> PublicKey:
        """The key that disks check against."""
        return self._key.public_key

    def sign_clear(self, draft: ClearToken) -> ClearToken:
        """Return the token signed and verified. Raises: SignerError."""
        return self._seal(draft)

    def sign_order(self, draft: AuthorityOrder) -> AuthorityOrder:
        """Return the order signed and verified. Raises: SignerError."""
        return self._seal(draft)

    def sign_acknowledgement(self, draft: UploadAck) -> UploadAck:
        """Return the acknowledgement signed and verified. Raises: SignerError."""
        return self._seal(draft)

    def _seal(self, draft: SignedT) -> SignedT:
        if draft.raw:
            raise SignerError("the message is signed already")
        try:
            sealed = draft.seal(self._key)
            # A faulty key or module must be found here, not by a disk: read the bytes back and verify.
            again = type(sealed).unseal(sealed.raw, sealed.signature)
            again.verify(self._key.public_key)
        except ProtocolError as error:
            raise SignerError(f"cannot sign: {error}") from error
        return again
