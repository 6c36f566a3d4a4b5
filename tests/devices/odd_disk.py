"""Another vendor's disk, deliberately odd: its own applet id, short APDUs with chaining and 61xx, no last receipt.

The memory and rules behind it are those of the virtual disk, so that only what is odd differs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devices.gateway.base import BadAnswerError, Channel
from devices.gateway.session import DiskSession
from devices.protocol.apdu import EXTENDED_LE, CommandApdu
from devices.protocol.commands import Ins
from devices.protocol.constants import APPLET_ID, APPLET_NAME
from devices.protocol.messages import VersionInfo
from devices.virtual import VirtualDisk

ODD_APPLET = bytes.fromhex("F04F4444 44495358 07")
GET_RESPONSE, CHAINED, SHORT, MORE = 0xC0, 0x10, 0xFF, 0x61
# A signature takes this long on it; enough to be slower, little enough for a test.
SIGNING_SECONDS = 0.002
UNKNOWN = frozenset({Ins.GET_LAST_CLEAR, Ins.GET_LAST_ORDER})


class OddDisk:
    """A disk in a file, as a reader reaches it."""

    unknown = UNKNOWN

    def __init__(self, inner: VirtualDisk) -> None:
        self._inner = inner
        self._chain, self._rest = b"", b""
        inner.faults.arm({"signing_delay": SIGNING_SECONDS})

    @classmethod
    def create(cls, path: Path, spec: Any, *, clock: Any) -> OddDisk:
        """Issue a new disk."""
        return cls(VirtualDisk.create(path, spec, clock=clock))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def reset(self) -> None:
        """Forget half a command and half an answer, too."""
        self._chain, self._rest = b"", b""
        self._inner.reset()

    def process(self, apdu: bytes) -> bytes:
        """Answer one short command."""
        command = CommandApdu.from_bytes(apdu)
        if len(apdu) > 5 + SHORT + 1:
            return b"\x67\x00"
        if command.ins == GET_RESPONSE:
            return self._next()
        self._chain += command.data
        if command.cla & CHAINED:
            return b"\x90\x00"
        data, self._chain = self._chain, b""
        is_known = command.ins not in self.unknown
        self._rest = self._inner.process(self._translated(command, data)) if is_known else b"\x6d\x00"
        return self._next()

    @staticmethod
    def _translated(command: CommandApdu, data: bytes) -> bytes:
        if command.ins == Ins.SELECT:
            # Our own name is not known here.
            data = {ODD_APPLET: APPLET_ID}.get(data, b"\xf0")
        # The length of a stretch of a report travels in its command, as four more bytes.
        le = EXTENDED_LE if command.le is not None else None
        if command.ins == Ins.READ_REPORT:
            data, le = data[:-4], int.from_bytes(data[-4:], "big")
        return CommandApdu(command.cla, command.ins, command.p1, command.p2, data, le).to_bytes()

    def _next(self) -> bytes:
        if len(self._rest) <= SHORT + 2:
            answer, self._rest = self._rest, b""
            return answer
        answer, self._rest = self._rest[:SHORT], self._rest[SHORT:]
        return answer + bytes((MORE, min(len(self._rest) - 2, SHORT)))


class ChainingChannel:
    """Cuts a command into short ones and asks for the rest of its answer."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command of ours as many short ones. Raises: TransportError."""
        command = CommandApdu.from_bytes(apdu)
        data, le = command.data, None if command.le is None else 0x100
        if command.ins == Ins.READ_REPORT:
            data += (command.le or 0).to_bytes(4, "big")
        while len(data) > SHORT:
            head, data = data[:SHORT], data[SHORT:]
            link = CommandApdu(command.cla | CHAINED, command.ins, command.p1, command.p2, head)
            if self._channel.transmit(link.to_bytes()) != b"\x90\x00":
                raise BadAnswerError("a link of a chain was not taken", sent=True)
        last = CommandApdu(command.cla, command.ins, command.p1, command.p2, data, le)
        answer = self._channel.transmit(last.to_bytes())
        whole = b""
        while len(answer) > 2 and answer[-2] == MORE:
            whole += answer[:-2]
            answer = self._channel.transmit(CommandApdu(0, GET_RESPONSE, le=0x100).to_bytes())
        return whole + answer


class OddSession(DiskSession):
    """The conversation with an odd disk."""

    has_read_back = False

    def __init__(self, channel: Channel) -> None:
        super().__init__(ChainingChannel(channel), applet_id=ODD_APPLET)


class OddDriver:
    """The driver of the odd disk."""

    name = "odd"

    def session(self, channel: Channel) -> DiskSession:
        """Return a conversation."""
        return OddSession(channel)

    def accepts(self, version: VersionInfo) -> bool:
        """Take its applet in any version; it answers as the one it was built from."""
        return version.applet == APPLET_NAME


class ForgetfulDisk(OddDisk):
    """One that does not even tell again what it signed."""

    unknown = UNKNOWN | {Ins.GET_SIGNED, Ins.GET_LAST_SIGNED}


class ForgetfulSession(OddSession):
    """The conversation with one, by a driver that says so."""

    has_record_read_back = False


class ForgetfulDriver(OddDriver):
    """The driver of one, which says so."""

    def session(self, channel: Channel) -> DiskSession:
        """Return a conversation."""
        return ForgetfulSession(channel)
