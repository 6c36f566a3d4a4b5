"""One POST to one checked address: no redirects, no patience, no interest in the body of the answer."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invoicing.hooks.addresses import Address, AddressError, read_address, resolve

STEP_SECONDS = 5
# Whoever drips bytes is cut off, however patient each step is.
WHOLE_SECONDS = 10


class PostError(Exception):
    """No answer came; `words` says why."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(str(words))
        self.words = words


class _PinnedConnection(http.client.HTTPConnection):
    """Connects to the IP address that was checked, whatever the name resolves to by now."""

    def __init__(self, address: Address, number: str) -> None:
        super().__init__(address.host, address.port, timeout=STEP_SECONDS)
        self._address, self._number = address, number
        self.is_cut = False

    def connect(self) -> None:
        """Connect, and prove the name by its certificate."""
        self.sock = socket.create_connection((self._number, self._address.port), timeout=STEP_SECONDS)
        if self._address.is_tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self._address.host)

    def cut(self) -> None:
        """End the conversation from another thread: whoever reads then reads the end."""
        self.is_cut = True
        held = self.sock
        if held is not None:
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                held.close()


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> int:
    """Post the body and return the status of the answer. Raises: PostError when no answer came."""
    try:
        address = read_address(url)
        number = resolve(address)
    except AddressError as error:
        raise PostError(error.words) from error
    connection = _PinnedConnection(address, number)
    try:
        with _in_time(connection):
            return _exchange(connection, address, body, headers)
    except ssl.SSLError as error:
        raise PostError(_("对方的证书或加密连接不被信任。")) from error
    except (OSError, http.client.HTTPException) as error:
        words = _("对方在 10 秒内没有应答完。") if connection.is_cut or isinstance(error, TimeoutError) else None
        raise PostError(words or _("连接不上对方，或连接中断。")) from error
    finally:
        connection.close()


def _exchange(connection: _PinnedConnection, address: Address, body: bytes, headers: Mapping[str, str]) -> int:
    sent = {"Host": address.netloc, "Connection": "close", "Content-Length": str(len(body)), **headers}
    connection.putrequest("POST", address.path, skip_host=True, skip_accept_encoding=True)
    for name, value in sent.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    # Status line and headers are the answer; a body is nobody's news and may never end.
    return connection.getresponse().status


@contextmanager
def _in_time(connection: _PinnedConnection) -> Iterator[None]:
    timer = threading.Timer(WHOLE_SECONDS, connection.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
