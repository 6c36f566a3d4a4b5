"""A small clamd on loopback: it speaks INSTREAM and VERSION as the real one does, and misbehaves on request."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from accounts.scanning.demo import TRIAL

VERSION = "ClamAV 1.0.7/27482/Mon Dec  2 09:36:42 2026"


class Clamd(socketserver.ThreadingMixIn):
    """What the daemon keeps and how it behaves: good, garbage, error, small, skims, cut, silent, dies, no version."""

    daemon_threads = True
    behaviour = "good"
    version = VERSION
    # The one that a daemon which skims has met.
    limit = "MaxFileSize"

    def __init__(self, *args: Any, **named: Any) -> None:
        self.seen: list[bytes] = []
        self.released = threading.Event()
        super().__init__(*args, **named)


class TcpClamd(Clamd, socketserver.TCPServer):
    """Over TCP."""


class UnixClamd(Clamd, socketserver.UnixStreamServer):
    """Over a socket in a folder."""


class Visit(socketserver.StreamRequestHandler):
    """One connection: one command, one answer."""

    server: Clamd

    def handle(self) -> None:
        """Answer as scripted."""
        command = self._until_nul()
        if self.server.behaviour == "silent":
            self.server.released.wait(20)
            return
        if command == b"zVERSION":
            self._say("what?" if self.server.behaviour == "no version" else self.server.version)
            return
        assert command == b"zINSTREAM"
        if self.server.behaviour == "small":
            self._say("INSTREAM size limit exceeded. ERROR")
            return
        if self.server.behaviour == "dies":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return
        content = self._content()
        self.server.seen.append(content)
        self._judge(content)

    def _judge(self, content: bytes) -> None:
        behaviour = self.server.behaviour
        if behaviour == "cut":
            self.wfile.write(b"stream: OK")
        elif behaviour == "garbage":
            self._say("stream: OK, and more")
        elif behaviour == "skims":
            self._say(f"stream: Heuristics.Limits.Exceeded.{self.server.limit} FOUND")
        elif behaviour == "error":
            self._say("stream: Can't allocate memory ERROR")
        else:
            self._say("stream: Eicar-Test-Signature FOUND" if TRIAL in content else "stream: OK")

    def _until_nul(self) -> bytes:
        told = b""
        while not told.endswith(b"\0"):
            told += self.rfile.read(1)
        return told[:-1]

    def _content(self) -> bytes:
        content = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(size)
        return content

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\0")


@contextmanager
def running(settings: Any, socket_file: Path | None = None) -> Iterator[Clamd]:
    """Run a daemon that the settings name, over TCP or over a socket in a folder."""
    server: Any = UnixClamd(str(socket_file), Visit) if socket_file else TcpClamd(("127.0.0.1", 0), Visit)
    settings.FILE_SCANNER = "accounts.scanning.clamd.ClamdScanner"
    settings.CLAMD_ADDRESS = f"unix:{socket_file}" if socket_file else f"tcp:127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join(10)
        server.server_close()
