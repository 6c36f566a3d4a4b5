"""The PC/SC carrier: the only module that imports smartcard, and only the card owner imports it.

Low-level calls on purpose. The library's own connection class raises an exception with code 0 ("Command
successful") when a card vanishes in mid-command; here a transmit is good only if it brought a whole answer.
Whatever fails after the first byte may have left is reported as sent. Measured behaviour: docs/pcsc.md.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

from smartcard import scard

from devices.gateway.base import (
    BadAnswerError,
    CardGoneError,
    CardResetError,
    ReaderBusyError,
    ServiceLostError,
    TransportError,
)

logger = logging.getLogger(__name__)

# A status word at least; at most what an extended answer can carry.
SHORTEST_ANSWER, LONGEST_ANSWER = 2, 65_538
_ERRORS: dict[int, type[TransportError]] = {
    0x80100069: CardGoneError,  # removed card
    0x8010000C: CardGoneError,  # no smart card
    0x80100016: CardGoneError,  # not transacted
    0x80100009: CardGoneError,  # unknown reader
    0x80100017: CardGoneError,  # reader unavailable
    0x80100066: CardGoneError,  # unresponsive card
    0x80100068: CardResetError,  # reset card
    0x80100067: CardResetError,  # unpowered card
    0x8010000B: ReaderBusyError,  # sharing violation
    0x8010001D: ServiceLostError,  # no service
    0x8010001E: ServiceLostError,  # service stopped
    0x80100013: ServiceLostError,  # communication error with the service
    0x8010006A: ServiceLostError,  # forbidden, exhausted, or a handle that another process used
    0x80100003: ServiceLostError,  # invalid handle
}
_NO_READERS = 0x8010002E
_TIMEOUT = 0x8010000A


def _failure(hresult: int, what: str, *, sent: bool) -> TransportError:
    code = hresult & 0xFFFFFFFF
    kind = _ERRORS.get(code, TransportError)
    return kind(f"{what}: {code:08X} {scard.SCardGetErrorMessage(hresult)}", sent=sent)


def _require(hresult: int, what: str, *, sent: bool = False) -> None:
    if hresult != scard.SCARD_S_SUCCESS:
        raise _failure(hresult, what, sent=sent)


class PcscTransport:
    """Readers of the local card service, over one context that never crosses a fork."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._context: Any = None

    def readers(self) -> list[str]:
        """Return the names of the readers there are. Raises: TransportError."""
        hresult, names = scard.SCardListReaders(self._established(), [])
        if hresult & 0xFFFFFFFF == _NO_READERS:
            return []
        self._require(hresult, "list readers")
        return list(names)

    @contextlib.contextmanager
    def open(self, reader: str) -> Iterator[PcscChannel]:
        """Connect, begin a transaction, and end both with a reset so that no PIN state leaks.

        Raises: TransportError.
        """
        card, protocol = self._connect(reader)
        try:
            self._begin(card)
            try:
                yield PcscChannel(card, protocol)
            finally:
                self._quietly("end transaction", scard.SCardEndTransaction(card, scard.SCARD_RESET_CARD))
        finally:
            self._quietly("disconnect", scard.SCardDisconnect(card, scard.SCARD_RESET_CARD))

    def close(self) -> None:
        """Give the context back; what the service says to that no longer matters."""
        context, self._context = self._context, None
        if context is not None and self._pid == os.getpid():
            self._quietly("release context", scard.SCardReleaseContext(context))

    def wait_for_change(self, reader: str, known: int, seconds: float) -> int:
        """Wait until the state of the reader differs from `known`, at most `seconds`; return the state.

        Raises: TransportError.
        """
        context = self._established()
        hresult, states = scard.SCardGetStatusChange(context, int(seconds * 1000), [(reader, known)])
        if hresult & 0xFFFFFFFF == _TIMEOUT:
            return known
        self._require(hresult, "wait for the reader")
        return int(states[0][1]) & ~int(scard.SCARD_STATE_CHANGED)

    def _connect(self, reader: str) -> tuple[Any, int]:
        hresult, card, protocol = scard.SCardConnect(
            self._established(), reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T1
        )
        self._require(hresult, "connect")
        return card, protocol

    def _begin(self, card: Any) -> None:
        hresult = scard.SCardBeginTransaction(card)
        if hresult & 0xFFFFFFFF in (0x80100067, 0x80100068):
            # Somebody reset or unpowered the card before us; nothing of ours was sent, so start afresh.
            hresult, _protocol = scard.SCardReconnect(
                card, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T1, scard.SCARD_RESET_CARD
            )
            self._require(hresult, "reconnect")
            hresult = scard.SCardBeginTransaction(card)
        self._require(hresult, "begin transaction")

    def _established(self) -> Any:
        if self._pid != os.getpid():
            raise RuntimeError("a PC/SC context must not be used after a fork")
        if self._context is None:
            hresult, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
            _require(hresult, "establish context")
            self._context = context
        return self._context

    def _require(self, hresult: int, what: str) -> None:
        if hresult == scard.SCARD_S_SUCCESS:
            return
        error = _failure(hresult, what, sent=False)
        if isinstance(error, ServiceLostError):
            # An old context never recovers from a restart of the service.
            self._context = None
        raise error

    @staticmethod
    def _quietly(what: str, hresult: int) -> None:
        if hresult != scard.SCARD_S_SUCCESS:
            logger.info("%s: %08X", what, hresult & 0xFFFFFFFF)


class PcscChannel:
    """One card inside one transaction."""

    def __init__(self, card: Any, protocol: int) -> None:
        self._card = card
        self._header = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command and return its answer. Raises: TransportError, always with sent=True."""
        hresult, answer = scard.SCardTransmit(self._card, self._header, list(apdu))
        _require(hresult, "transmit", sent=True)
        if not SHORTEST_ANSWER <= len(answer) <= LONGEST_ANSWER or answer[-2] >> 4 not in (0x6, 0x9):
            # Also what a vanished card looks like: success, and no answer.
            raise BadAnswerError(f"an answer of {len(answer)} bytes that is none", sent=True)
        return bytes(answer)


class PcscPresence:
    """Watches one reader with a context of its own; its word is never trusted for security."""

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._transport = PcscTransport()
        self._state = scard.SCARD_STATE_UNAWARE

    def wait(self, seconds: float) -> bool:
        """Wait for a change, at most so long; tell whether a card is there. Raises: TransportError."""
        try:
            self._state = self._transport.wait_for_change(self._reader, self._state, seconds)
        except TransportError:
            self._transport.close()
            self._state = scard.SCARD_STATE_UNAWARE
            raise
        return bool(self._state & scard.SCARD_STATE_PRESENT)
