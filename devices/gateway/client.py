"""The hall's side of the card host's socket: one request, one answer, one deadline."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from devices.gateway import wire
from devices.gateway.wire import CardAnswer, CardRequest

# sun_path holds 107 bytes and a terminating zero on Linux.
LONGEST_SOCKET_PATH = 107
CONNECT_SECONDS = 2.0
ANSWER_MARGIN = 5.0


class HostUnavailableError(Exception):
    """The card host did not answer; `sent` tells whether it may have taken the request, `code` names a known cause."""

    def __init__(self, reason: str, *, sent: bool, code: str = "") -> None:
        super().__init__(reason)
        self.sent = sent
        self.code = code


class CardHost(Protocol):
    """Whoever carries requests to disks: the socket client, or a rack of virtual disks in tests."""

    def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry one request to its disk. Raises: HostUnavailableError."""

    def status(self) -> dict[str, Any]:
        """Return the readiness list: readers, disks and what is wrong with each."""


class SocketCardHost:
    """Reaches the card host over its local socket; every call is a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path

    def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry one request to its disk. Raises: HostUnavailableError."""
        patience = wire.QUEUE_DEADLINE + wire.CONNECT_DEADLINE + request.deadline + ANSWER_MARGIN
        return CardAnswer.from_json(self._ask(request.to_json(), patience))

    def status(self) -> dict[str, Any]:
        """Return the readiness list. Raises: HostUnavailableError."""
        return self._ask(CardRequest(kind="status").to_json(), ANSWER_MARGIN)

    def _ask(self, message: dict[str, Any], patience: float) -> dict[str, Any]:
        frame = wire.encode(message)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            try:
                link.settimeout(CONNECT_SECONDS)
                with reachable(self._path) as address:
                    link.connect(address)
                # A frame that did not leave whole is never acted upon, so failing here is "not sent".
                link.sendall(frame)
            except OSError as error:
                raise HostUnavailableError(str(error), sent=False) from error
            try:
                link.settimeout(patience)
                return wire.read_socket(link)
            except (OSError, wire.WireError) as error:
                raise HostUnavailableError(str(error), sent=True) from error


@contextlib.contextmanager
def reachable(path: str) -> Iterator[str]:
    """Yield an address for a Unix socket whose path may be longer than the kernel's limit.

    A long one is reached through an open handle of its folder under /proc/self/fd.
    """
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        yield path
        return
    target = Path(path)
    handle = os.open(target.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{target.name}"
    finally:
        os.close(handle)
