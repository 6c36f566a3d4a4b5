"""How one value stands in a message: fixed, bounded, with exactly one encoding each."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from devices.protocol import tlv
from devices.protocol.constants import LOCAL_ZONE
from devices.protocol.errors import MessageError

_CENT = Decimal("0.01")
_MONEY_BOUND = 10**16  # in fen; what numeric(18,2) holds
_PRINTABLE = bytes(range(0x21, 0x7F))
_LAST_SECOND = calendar.timegm((9999, 12, 31, 0, 0, 0))


class Wire(Protocol):
    """Encodes one value to bytes and back; both raise MessageError for what does not fit."""

    def encode(self, value: Any) -> bytes: ...

    def decode(self, data: bytes) -> Any: ...


def _check(ok: bool, what: str) -> None:
    # For what is said in fixed words; a sentence with figures in it is put together only when it is needed.
    if not ok:
        raise MessageError(what)


@dataclass(frozen=True)
class Text:
    """UTF-8 without control characters, up to `limit` bytes."""

    limit: int
    least: int = 0

    def encode(self, value: str) -> bytes:
        data = value.encode("utf-8", "surrogatepass")
        self.decode(data)
        return data

    def decode(self, data: bytes) -> str:
        if not self.least <= len(data) <= self.limit:
            raise MessageError(f"text of {len(data)} bytes, allowed {self.least} to {self.limit}")
        try:
            value = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MessageError("text is not UTF-8") from error
        _check(value.isprintable(), "text holds control characters")
        return value


@dataclass(frozen=True)
class Token:
    """Printable ASCII without spaces (codes, serial numbers), `least` to `limit` characters."""

    limit: int
    least: int = 1

    def encode(self, value: str) -> bytes:
        data = value.encode("utf-8", "surrogatepass")
        self.decode(data)
        return data

    def decode(self, data: bytes) -> str:
        if not self.least <= len(data) <= self.limit:
            raise MessageError(f"code of {len(data)} characters")
        _check(not data.translate(None, _PRINTABLE), "code holds other than printable ASCII")
        return data.decode("ascii")


@dataclass(frozen=True)
class OneOf:
    """One of a closed list of codes."""

    values: tuple[str, ...]

    def encode(self, value: str) -> bytes:
        _check(value in self.values, f"{value!r} is not one of {', '.join(self.values)}")
        return value.encode("ascii")

    def decode(self, data: bytes) -> str:
        try:
            value = data.decode("ascii")
        except UnicodeDecodeError as error:
            raise MessageError("code is not ASCII") from error
        self.encode(value)
        return value


@dataclass(frozen=True)
class Digits:
    """Decimal digits, from `least` to `limit` of them."""

    least: int
    limit: int

    def encode(self, value: str) -> bytes:
        data = value.encode("utf-8", "surrogatepass")
        self.decode(data)
        return data

    def decode(self, data: bytes) -> str:
        _check(self.least <= len(data) <= self.limit and data.isdigit(), "number is not of the right digits")
        return data.decode("ascii")


@dataclass(frozen=True)
class Number:
    """An unsigned integer, big-endian, of `size` bytes."""

    size: int = 8

    def encode(self, value: int) -> bytes:
        if not 0 <= value < 1 << 8 * self.size:
            raise MessageError(f"number {value} does not fit")
        return value.to_bytes(self.size, "big")

    def decode(self, data: bytes) -> int:
        if len(data) != self.size:
            raise MessageError(f"number of {len(data)} bytes, expected {self.size}")
        return int.from_bytes(data, "big")


class Flag:
    """00 or 01."""

    def encode(self, value: bool) -> bytes:
        return b"\x01" if value else b"\x00"

    def decode(self, data: bytes) -> bool:
        _check(data in (b"\x00", b"\x01"), "flag is neither 00 nor 01")
        return data == b"\x01"


class Money:
    """A signed amount in fen, big-endian two's complement of 8 bytes."""

    def encode(self, value: Decimal) -> bytes:
        try:
            fen = int((value / _CENT).to_integral_exact()) if value.is_finite() else _MONEY_BOUND
        except InvalidOperation as error:
            raise MessageError(f"amount {value} is too large") from error
        _check(abs(fen) < _MONEY_BOUND, f"amount {value} is too large")
        _check(Decimal(fen) * _CENT == value, f"amount {value} has more than two decimals")
        return fen.to_bytes(8, "big", signed=True)

    def decode(self, data: bytes) -> Decimal:
        if len(data) != 8:
            raise MessageError(f"amount of {len(data)} bytes")
        fen = int.from_bytes(data, "big", signed=True)
        _check(abs(fen) < _MONEY_BOUND, "amount is too large")
        return Decimal(fen).scaleb(-2)


class Day:
    """A calendar day as packed decimal YYYYMMDD, 4 bytes."""

    def encode(self, value: date) -> bytes:
        return bytes.fromhex(f"{value.year:04d}{value.month:02d}{value.day:02d}")

    def decode(self, data: bytes) -> date:
        _check(len(data) == 4, f"day of {len(data)} bytes")
        try:
            return date.fromisoformat(data.hex())
        except ValueError as error:
            raise MessageError("no such day") from error


class Moment:
    """Whole seconds since 1970-01-01 UTC, 8 bytes; read back as local time (UTC+8)."""

    def encode(self, value: datetime) -> bytes:
        _check(value.tzinfo is not None, "moment without a time zone")
        seconds = calendar.timegm(value.astimezone(UTC).timetuple())
        _check(0 <= seconds <= _LAST_SECOND, f"moment {value} is out of range")
        return seconds.to_bytes(8, "big")

    def decode(self, data: bytes) -> datetime:
        if len(data) != 8:
            raise MessageError(f"moment of {len(data)} bytes")
        seconds = int.from_bytes(data, "big")
        _check(seconds <= _LAST_SECOND, "moment is out of range")
        return datetime.fromtimestamp(seconds, LOCAL_ZONE)


@dataclass(frozen=True)
class Raw:
    """Bytes, from `least` to `limit` of them."""

    least: int
    limit: int

    def encode(self, value: bytes) -> bytes:
        return self.decode(value)

    def decode(self, data: bytes) -> bytes:
        if not self.least <= len(data) <= self.limit:
            raise MessageError(f"{len(data)} bytes, allowed {self.least} to {self.limit}")
        return data


@dataclass(frozen=True)
class Hexadecimal:
    """`size` bytes, shown to people and programs as lower-case hex."""

    size: int

    def encode(self, value: str) -> bytes:
        try:
            data = bytes.fromhex(value)
        except ValueError as error:
            raise MessageError(f"{value!r} is not hexadecimal") from error
        if data.hex() != value:
            raise MessageError(f"{value!r} is not in lower-case hexadecimal without separators")
        self.decode(data)
        return data

    def decode(self, data: bytes) -> str:
        if len(data) != self.size:
            raise MessageError(f"{len(data)} bytes, expected {self.size}")
        return data.hex()


@dataclass(frozen=True)
class Maybe:
    """A value that may be absent: an element without content."""

    inner: Wire

    def encode(self, value: Any) -> bytes:
        return b"" if value is None else self.inner.encode(value)

    def decode(self, data: bytes) -> Any:
        return self.inner.decode(data) if data else None


@dataclass(frozen=True)
class Many:
    """A bounded list: one element 30 per item, in the given order."""

    inner: Wire
    limit: int

    def encode(self, value: tuple[Any, ...]) -> bytes:
        _check(len(value) <= self.limit, f"{len(value)} items, at most {self.limit}")
        return b"".join(tlv.encode(_ITEM, self.inner.encode(item)) for item in value)

    def decode(self, data: bytes) -> tuple[Any, ...]:
        items = tlv.decode_all(data)
        if len(items) > self.limit:
            raise MessageError(f"{len(items)} items, at most {self.limit}")
        _check(all(tag == _ITEM for tag, _ in items), "list holds something else than items")
        return tuple(self.inner.decode(value) for _, value in items)


@dataclass(frozen=True)
class Inner:
    """A structure inside another; `cls` gives its own encoding."""

    cls: Any

    def encode(self, value: Any) -> bytes:
        data: bytes = value.to_bytes()
        return data

    def decode(self, data: bytes) -> Any:
        return self.cls.from_bytes(data)


_ITEM = 0x30
