"""One command and its answer: everything that is not a healthy answer becomes a fault here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from devices.gateway.base import BadAnswerError, CardRefusedError, Channel
from devices.protocol import commands
from devices.protocol.apdu import EXTENDED_LE, AnswerApdu, CommandApdu
from devices.protocol.commands import Ins
from devices.protocol.errors import ProtocolError
from devices.protocol.status_words import SW, is_success, meaning_of, tries_left

T = TypeVar("T")


def require(ok: bool, what: str) -> None:
    """Go on only if the answer is as it must be. Raises: BadAnswerError."""
    if not ok:
        raise BadAnswerError(what, sent=True)


def read(parse: Callable[..., T], *data: object) -> T:
    """Parse an answer. Raises: BadAnswerError for one that does not follow the protocol."""
    try:
        return parse(*data)
    except ProtocolError as error:
        raise BadAnswerError(str(error), sent=True) from error


class Exchange:
    """Sends commands over a channel, one at a time."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def ask(self, ins: Ins, data: bytes = b"", *, p1: int = 0, p2: int = 0, le: int = EXTENDED_LE) -> bytes:
        """Send a command that answers with data, and return them.

        Raises: CardRefusedError, TransportError.
        """
        answer = self._transmit(CommandApdu(commands.class_of(ins), ins, p1, p2, data, le))
        require(bool(answer), f"{ins.name} answered without data")
        return answer

    def ask_or_none(self, ins: Ins, data: bytes = b"", *, p1: int = 0) -> bytes | None:
        """Send a command and return its data, or None when the disk holds no such record.

        Raises: CardRefusedError, TransportError.
        """
        try:
            return self.ask(ins, data, p1=p1)
        except CardRefusedError as error:
            if error.status_word == SW.NOT_FOUND:
                return None
            raise

    def tell(self, ins: Ins, data: bytes = b"", *, p2: int = 0) -> None:
        """Send a command that answers with its status word alone. Raises: CardRefusedError, TransportError."""
        answer = self._transmit(CommandApdu(commands.class_of(ins), ins, 0, p2, data))
        require(not answer, f"{ins.name} answered with data")

    def _transmit(self, command: CommandApdu) -> bytes:
        answer = read(AnswerApdu.from_bytes, self._channel.transmit(command.to_bytes()))
        if is_success(answer.status_word):
            return answer.data
        meaning = meaning_of(answer.status_word)
        # A refusal carries no data, so that a torn or random answer is not taken for one.
        if meaning is None or answer.data:
            raise BadAnswerError(f"answer {answer.status_word:04X} is not one of this protocol", sent=True)
        raise CardRefusedError(meaning.code, answer.status_word, tries_left=tries_left(answer.status_word))
