"""Command and answer APDUs (ISO 7816-3 12.1), short and extended.

This protocol uses extended length wherever data or answer may pass 255 bytes, and neither command
chaining nor 61xx/GET RESPONSE: one command is one exchange, so a tear has one meaning and nobody can
slip a command in between. Readers must therefore run T=1.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.protocol.errors import ApduError

MAX_COMMAND = 65_535  # what vpcd's 16-bit frame and pcsc-lite carry, header and lengths included
MAX_ANSWER = 65_535
EXTENDED_LE = 65_536


@dataclass(frozen=True)
class CommandApdu:
    """A command: header, data, and how many bytes of answer are expected (None for none)."""

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    le: int | None = None

    def to_bytes(self) -> bytes:
        """Return the bytes in the short form if it fits, else extended. Raises: ApduError."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        if self.le is not None and not 1 <= self.le <= EXTENDED_LE:
            raise ApduError(f"cannot expect {self.le} bytes")
        fits_short = len(self.data) <= 0xFF and (self.le or 0) <= 0x100
        body = self._short_body() if fits_short else self._extended_body()
        if len(header) + len(body) > MAX_COMMAND:
            raise ApduError("command is too long for one exchange")
        return header + body

    @classmethod
    def from_bytes(cls, apdu: bytes) -> CommandApdu:
        """Read any of the seven cases. Raises: ApduError."""
        if not 4 <= len(apdu) <= MAX_COMMAND:
            raise ApduError(f"no command has {len(apdu)} bytes")
        data, le = _read_body(apdu[4:])
        return cls(apdu[0], apdu[1], apdu[2], apdu[3], data, le)

    def _short_body(self) -> bytes:
        body = bytes((len(self.data),)) + self.data if self.data else b""
        return body if self.le is None else body + bytes((self.le & 0xFF,))

    def _extended_body(self) -> bytes:
        body = b"\x00" + len(self.data).to_bytes(2, "big") + self.data if self.data else b""
        if self.le is None:
            return body
        marker = b"" if body else b"\x00"
        return body + marker + (self.le & 0xFFFF).to_bytes(2, "big")


def _read_body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None  # case 1
    if len(body) == 1:
        return b"", body[0] or 0x100  # case 2 short
    if body[0]:
        return _split(body[1:], body[0], le_bytes=1, zero_means=0x100)  # cases 3 and 4 short
    if len(body) == 3:
        return b"", int.from_bytes(body[1:], "big") or EXTENDED_LE  # case 2 extended
    length = int.from_bytes(body[1:3], "big")
    if len(body) < 3 or not length:
        raise ApduError("extended length of nothing")
    return _split(body[3:], length, le_bytes=2, zero_means=EXTENDED_LE)  # cases 3 and 4 extended


def _split(rest: bytes, length: int, *, le_bytes: int, zero_means: int) -> tuple[bytes, int | None]:
    data, tail = rest[:length], rest[length:]
    if len(data) < length or len(tail) not in (0, le_bytes):
        raise ApduError("length does not fit the command")
    return data, (int.from_bytes(tail, "big") or zero_means) if tail else None


@dataclass(frozen=True)
class AnswerApdu:
    """An answer: data and status word."""

    data: bytes
    status_word: int

    def to_bytes(self) -> bytes:
        """Return data and status word. Raises: ApduError when one exchange cannot carry it."""
        if len(self.data) + 2 > MAX_ANSWER:
            raise ApduError("answer is too long for one exchange")
        return self.data + self.status_word.to_bytes(2, "big")

    @classmethod
    def from_bytes(cls, answer: bytes) -> AnswerApdu:
        """Read an answer that may be anything. Raises: ApduError unless it ends in 6X or 9X."""
        if not 2 <= len(answer) <= MAX_ANSWER:
            raise ApduError(f"no answer has {len(answer)} bytes")
        if answer[-2] >> 4 not in (0x6, 0x9):
            raise ApduError(f"{answer[-2:].hex()} is no status word")
        return cls(answer[:-2], int.from_bytes(answer[-2:], "big"))
