"""Strict BER-TLV (ISO 7816-4 annex E), one form per value: definite lengths in the fewest bytes.

Strictness is a safety property here: two different byte strings must never mean the same signed message.
"""

from __future__ import annotations

from collections.abc import Iterator

from devices.protocol.errors import TlvError

MAX_LENGTH = 60_000  # below what one extended APDU can carry
_MORE_TAG_BYTES = 0x1F


def encode(tag: int, value: bytes) -> bytes:
    """Return one element. Raises: TlvError for a value that no APDU could carry."""
    return tag_bytes(tag) + encode_length(len(value)) + value


def tag_bytes(tag: int) -> bytes:
    """Return the tag as it stands on the wire: one or two bytes."""
    return tag.to_bytes(1 if tag <= 0xFF else 2, "big")


def encode_length(length: int) -> bytes:
    """Return the length in its shortest form. Raises: TlvError when too long."""
    if length < 0x80:
        return bytes((length,))
    if length <= 0xFF:
        return bytes((0x81, length))
    if length <= MAX_LENGTH:
        return bytes((0x82, length >> 8, length & 0xFF))
    raise TlvError(f"value of {length} bytes is too long")


def iterate(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each (tag, value) to the last byte. Raises: TlvError for anything not canonical."""
    position, end = 0, len(data)
    while position < end:
        tag, position = _read_tag(data, position)
        length, position = _read_length(data, position)
        if position + length > end:
            raise TlvError(f"element {tag:X} is cut short")
        yield tag, data[position : position + length]
        position += length


def decode_all(data: bytes) -> list[tuple[int, bytes]]:
    """Return the elements in order. Raises: TlvError."""
    return list(iterate(data))


def decode_unique(data: bytes) -> dict[int, bytes]:
    """Return the elements by tag, in order. Raises: TlvError for a tag that comes twice."""
    found: dict[int, bytes] = {}
    for tag, value in iterate(data):
        if tag in found:
            raise TlvError(f"element {tag:X} comes twice")
        found[tag] = value
    return found


def _read_tag(data: bytes, position: int) -> tuple[int, int]:
    first = data[position]
    if first in (0x00, 0xFF):
        raise TlvError("padding is not allowed")
    if first & _MORE_TAG_BYTES != _MORE_TAG_BYTES:
        return first, position + 1
    if position + 1 >= len(data):
        raise TlvError("tag is cut short")
    second = data[position + 1]
    if second & 0x80 or second == 0:
        raise TlvError("tags have at most two bytes")
    return first << 8 | second, position + 2


def _read_length(data: bytes, position: int) -> tuple[int, int]:
    if position >= len(data):
        raise TlvError("length is missing")
    first = data[position]
    if first < 0x80:
        return first, position + 1
    count = first & 0x7F
    if count not in (1, 2) or position + 1 + count > len(data):
        raise TlvError("length is indefinite, too long or cut short")
    length = int.from_bytes(data[position + 1 : position + 1 + count], "big")
    if length < (0x80 if count == 1 else 0x100):
        raise TlvError("length is not in its shortest form")
    return length, position + 1 + count
