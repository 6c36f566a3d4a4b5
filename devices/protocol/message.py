"""What every message can do: bytes and back, JSON and back, and for signed ones sealing and checking.

A message class is a frozen dataclass whose annotations name its data elements (vocabulary.py). Its bytes are
those elements in rising order of tag, each exactly once; nothing else is accepted.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

from devices.protocol import jsonable, profiles, tlv
from devices.protocol.errors import MessageError, SignatureInvalidError
from devices.protocol.vocabulary import ALGORITHM_TAG, KEY_ID_TAG, LABEL_TAG, Element
from devices.protocol.wire import Hexadecimal, Token, Wire

BODY_TAG, SIGNATURE_TAG = 0x7F4E, 0x5F37  # ISO 7816-8 names for a signed body and its signature
_LABEL_WIRE, _ALGORITHM_WIRE, _KEY_ID_WIRE = Token(64), Token(16), Hexadecimal(8)


@dataclass(frozen=True, kw_only=True)
class Message:
    """A structure of data elements."""

    def to_bytes(self) -> bytes:
        """Return the one canonical encoding. Raises: MessageError for a value that does not fit."""
        return encode_fields(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read exactly such bytes. Raises: MessageError."""
        return cls(**decode_fields(cls, tlv.decode_all(data)))

    def to_json(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        return jsonable.to_json(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read such a dict back. Raises: MessageError for anything else; KeyError, TypeError, ValueError."""
        require_dict(data)
        return jsonable.from_json(cls, data)


@dataclass(frozen=True, kw_only=True)
class SignedMessage(Message):
    """A message whose exact bytes are signed; its fields are never read from anything but those bytes.

    Built by hand it is a draft with an empty `raw`; `seal` returns it signed, `unseal` reads a signed one
    without judging it, `verify` judges.
    """

    LABEL: ClassVar[str]

    raw: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    algorithm: str = ""
    key_id: str = ""

    @property
    def digest(self) -> str:
        """The digest of the signed bytes, in hex, by the message's own algorithm."""
        return profiles.get(self.algorithm).digest(self.raw).hex()

    def seal(self, key: profiles.SigningKey) -> Self:
        """Return the message signed with the key. Raises: MessageError."""
        heading = _heading(self.LABEL, key.algorithm, key.key_id)
        raw = heading + encode_fields(self)
        return replace(self, raw=raw, signature=key.sign(raw), algorithm=key.algorithm, key_id=key.key_id)

    @classmethod
    def unseal(cls, raw: bytes, signature: bytes) -> Self:
        """Read a signed message; the signature is kept but not checked. Raises: MessageError."""
        elements = tlv.decode_all(raw)
        label, algorithm, key_id = _read_heading(elements)
        if label != cls.LABEL:
            raise MessageError(f"this is a {label!r}, not a {cls.LABEL!r}")
        values = decode_fields(cls, elements[3:])
        return cls(**values, raw=raw, signature=signature, algorithm=algorithm, key_id=key_id)

    @classmethod
    def is_labelled(cls, raw: bytes) -> bool:
        """Say whether signed bytes carry this message's label; unseal still checks them whole."""
        return raw.startswith(tlv.encode(LABEL_TAG, _LABEL_WIRE.encode(cls.LABEL)))

    def verify(self, key: profiles.PublicKey) -> None:
        """Check the signature with the key that is believed to have made it.

        Raises: SignatureInvalidError, also when the message names another key or was never signed.
        """
        if not self.raw or (self.algorithm, self.key_id) != (key.algorithm, key.key_id):
            raise SignatureInvalidError("the message is not signed by this key")
        key.verify(self.signature, self.raw)

    def to_envelope(self) -> bytes:
        """Return the signed bytes and the signature as they travel."""
        return tlv.encode(BODY_TAG, self.raw) + tlv.encode(SIGNATURE_TAG, self.signature)

    @classmethod
    def from_envelope(cls, data: bytes) -> Self:
        """Read a travelling message. Raises: MessageError."""
        return cls.unseal(*split_envelope(data))

    def to_json(self) -> dict[str, Any]:
        """Return the fields for reading, and the signed bytes that alone count."""
        data = jsonable.to_json(self)
        if self.raw:
            data["digest"] = self.digest
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read a message back: from its signed bytes when it has them. Raises: as any message's, MessageError."""
        require_dict(data)
        if data.get("raw"):
            return cls.unseal(bytes.fromhex(data["raw"]), bytes.fromhex(data["signature"]))
        return jsonable.from_json(cls, data)


def require_dict(data: object) -> None:
    """Require that what somebody sent for a message is an object of JSON at all. Raises: MessageError."""
    if not isinstance(data, dict):
        raise MessageError(f"a {type(data).__name__} is no message")


def split_envelope(data: bytes) -> tuple[bytes, bytes]:
    """Return (signed bytes, signature). Raises: MessageError."""
    elements = tlv.decode_all(data)
    if [tag for tag, _ in elements] != [BODY_TAG, SIGNATURE_TAG]:
        raise MessageError("not a signed body and its signature")
    return elements[0][1], elements[1][1]


def encode_fields(message: Message) -> bytes:
    """Return the elements of a message in rising order of tag. Raises: MessageError."""
    try:
        return b"".join(
            tag + tlv.encode_length(len(data := wire.encode(getattr(message, name)))) + data
            for name, tag, _, wire in layout(type(message))
        )
    except (AttributeError, TypeError) as error:
        raise MessageError(f"{type(message).__name__} holds a value of the wrong type: {error}") from error


def decode_fields(cls: type[Message], elements: list[tuple[int, bytes]]) -> dict[str, Any]:
    """Return the values by field name. Raises: MessageError unless each element comes once, in order."""
    expected = layout(cls)
    if [tag for tag, _ in elements] != [tag for _, _, tag, _ in expected]:
        raise MessageError(f"{cls.__name__} has missing, repeated, unknown or misplaced elements")
    return {name: wire.decode(data) for (name, _, _, wire), (_, data) in zip(expected, elements, strict=True)}


_LAYOUTS: dict[type[Message], tuple[tuple[str, bytes, int, Wire], ...]] = {}


def layout(cls: type[Message]) -> tuple[tuple[str, bytes, int, Wire], ...]:
    """Return (field, tag as bytes, tag, encoding) of each element of the class, in rising order of tag."""
    if cls not in _LAYOUTS:
        hints = typing.get_type_hints(cls, include_extras=True)
        marks = [(item.name, getattr(hints[item.name], "__metadata__", ())) for item in fields(cls)]
        found = [(name, mark) for name, all_marks in marks for mark in all_marks if isinstance(mark, Element)]
        found.sort(key=lambda item: item[1].tag)
        _LAYOUTS[cls] = tuple((name, tlv.tag_bytes(mark.tag), mark.tag, mark.wire) for name, mark in found)
    return _LAYOUTS[cls]


@lru_cache(maxsize=256)
def _heading(label: str, algorithm: str, key_id: str) -> bytes:
    return (
        tlv.encode(LABEL_TAG, _LABEL_WIRE.encode(label))
        + tlv.encode(ALGORITHM_TAG, _ALGORITHM_WIRE.encode(algorithm))
        + tlv.encode(KEY_ID_TAG, _KEY_ID_WIRE.encode(key_id))
    )


def _read_heading(elements: list[tuple[int, bytes]]) -> tuple[str, str, str]:
    if [tag for tag, _ in elements[:3]] != [LABEL_TAG, ALGORITHM_TAG, KEY_ID_TAG]:
        raise MessageError("a signed message begins with label, algorithm and key id")
    label, algorithm, key_id = (data for _, data in elements[:3])
    return _LABEL_WIRE.decode(label), _ALGORITHM_WIRE.decode(algorithm), _KEY_ID_WIRE.decode(key_id)
