"""A virtual disk of another maker, for the tests of the driver seam: everything about it is deliberately different.

Another applet id, short commands only (long ones in parts), every answer by 61xx and GET RESPONSE, slower, and no
command that reads back what was done before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devices.protocol.apdu import EXTENDED_LE, AnswerApdu, CommandApdu
from devices.protocol.commands import Ins
from devices.protocol.constants import APPLET_ID
from devices.protocol.errors import ApduError
from devices.protocol.messages import VersionInfo
from devices.protocol.status_words import SW, is_success
from devices.virtual.disk import VirtualDisk

ODD_APPLET_ID = bytes.fromhex("F04F4444 4449534B 07")
ODD_APPLET, ODD_VERSION = "odd-disk", "7.2"
UNKNOWN_APPLET, NO_ANSWER_WAITS = 0x6A82, 0x6985
MORE_FOLLOWS, GET_RESPONSE, MORE = 0x10, 0xC0, 0x6100
SHORT_LE, PIECE = 0x100, 0xC8
SECONDS_PER_ANSWER = 0.002
FORGETFUL = frozenset({Ins.GET_LAST_CLEAR, Ins.GET_LAST_ORDER, Ins.GET_LAST_SIGNED, Ins.GET_SIGNED, Ins.GET_LOG})


class OddDisk(VirtualDisk):
    """Our virtual disk behind the manners of another card."""

    def __init__(self, *store: Any, **clock: Any) -> None:
        super().__init__(*store, **clock)
        self._faults.delay = SECONDS_PER_ANSWER
        self._forget()

    def reset(self) -> None:
        """Forget half commands and half answers too."""
        self._forget()
        super().reset()

    def process(self, apdu: bytes) -> bytes:
        """Answer one short command APDU. Raises: CardVanishedError."""
        try:
            command = CommandApdu.from_bytes(apdu)
        except ApduError:
            return _word(SW.WRONG_LENGTH)
        if len(command.data) > 0xFF or (command.le or 0) > SHORT_LE:
            return _word(SW.WRONG_LENGTH)
        if command.cla & MORE_FOLLOWS:
            self._parts += command.data
            return _word(SW.OK)
        if command.ins == GET_RESPONSE:
            return self._next_piece(command.le or SHORT_LE)
        command, self._parts = replace(command, data=self._parts + command.data), b""
        return self._begin_answer(self._act(command))

    def _act(self, command: CommandApdu) -> bytes:
        if command.ins in FORGETFUL:
            return _word(SW.INS_UNKNOWN)
        if command.ins == Ins.SELECT:
            if command.data != ODD_APPLET_ID:
                return _word(UNKNOWN_APPLET)
            command = replace(command, data=APPLET_ID)
        le = EXTENDED_LE if command.le == SHORT_LE else command.le
        answer = super().process(replace(command, le=le).to_bytes())
        return _renamed(answer) if command.ins in (Ins.SELECT, Ins.GET_VERSION) else answer

    def _begin_answer(self, answer: bytes) -> bytes:
        self._waiting, self._last_word = b"", 0
        word = int.from_bytes(answer[-2:], "big")
        if len(answer) <= 2 or not is_success(word):
            return answer
        self._waiting, self._last_word = answer[:-2], word
        return _word(self._more())

    def _next_piece(self, length: int) -> bytes:
        if not self._waiting:
            return _word(NO_ANSWER_WAITS)
        piece, self._waiting = self._waiting[:length], self._waiting[length:]
        return piece + _word(self._more() if self._waiting else self._last_word)

    def _more(self) -> int:
        return MORE | min(len(self._waiting), PIECE)

    def _forget(self) -> None:
        self._parts = self._waiting = b""
        self._last_word = 0


def _renamed(answer: bytes) -> bytes:
    whole = AnswerApdu.from_bytes(answer)
    if whole.status_word != SW.OK:
        return answer
    version = replace(VersionInfo.from_bytes(whole.data), applet=ODD_APPLET, version=ODD_VERSION)
    return AnswerApdu(version.to_bytes(), SW.OK).to_bytes()


def _word(status_word: int) -> bytes:
    return status_word.to_bytes(2, "big")
