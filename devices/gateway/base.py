"""What every carrier of APDUs offers, and how it fails."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable


class Channel(Protocol):
    """An open way to one card, inside one transaction; nobody else speaks to the card meanwhile."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command APDU and return the answer with its status word. Raises: TransportError."""
        ...


@runtime_checkable
class Transport(Protocol):
    """A set of readers, each with at most one card."""

    def readers(self) -> list[str]:
        """Return the names of the readers there are. Raises: TransportError."""
        ...

    def open(self, reader: str) -> AbstractContextManager[Channel]:
        """Open the card in a reader; on leaving, the card is reset so that no PIN state leaks.

        Raises: TransportError.
        """
        ...


class TransportError(Exception):
    """The exchange failed. When `sent`, the card may have acted: read it before anything else.

    `sent` is about the one exchange that failed. Whoever runs several decides for the whole of them.
    """

    code = "disk.transport"

    def __init__(self, message: str = "", *, sent: bool) -> None:
        super().__init__(message or type(self).__doc__ or type(self).__name__)
        self.sent = sent


class CardGoneError(TransportError):
    """There is no card in the reader, or it went away."""

    code = "disk.absent"


class CardResetError(TransportError):
    """Somebody else reset the card; its session state is lost."""

    code = "disk.reset"


class ReaderBusyError(TransportError):
    """Another program holds the reader."""

    code = "disk.reader_busy"


class ServiceLostError(TransportError):
    """The card service stopped or refuses us."""

    code = "disk.service_lost"


class BadAnswerError(TransportError):
    """The answer cannot have come from a healthy disk: too short, too long, or not rightly signed."""

    code = "disk.bad_answer"


class NotTheEnrolledDiskError(TransportError):
    """The disk in the reader is not the one asked for. It was only challenged; nothing else was sent."""

    code = "disk.wrong_card"


class CardRefusedError(Exception):
    """The disk said no and changed nothing. `code` is stable, `status_word` raw, for logs."""

    def __init__(self, code: str, status_word: int, *, tries_left: int | None = None) -> None:
        super().__init__(f"{code} ({status_word:04X})")
        self.code = code
        self.status_word = status_word
        self.tries_left = tries_left
