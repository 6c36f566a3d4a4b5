"""ClamAV's daemon over its own protocol: the file is streamed, so clamd needs no right to read our store.

`zINSTREAM` takes chunks, each behind its length in four bytes, and an empty one at the end; the answer is one line
ended by a NUL. All of it happens before one deadline: no single read may start the time anew.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, ClassVar

from django.conf import settings

from accounts.choices import ScanLimit
from accounts.scanning.base import Engine, ScannerError, Verdict

_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (?P<finding>.{1,200}) FOUND")
# Refused while it came (StreamMaxLength), or taken and not looked at whole (MaxFileSize, MaxFiles, MaxRecursion,
# MaxScanTime and so on with AlertExceedsMax): a limit that was met is no virus, and no clean file either. Which limits
# there are differs between versions of clamd, so all of them are known by what their names begin with.
_OVER_STREAM_LIMIT = "INSTREAM size limit exceeded. ERROR"
_OVER_SCAN_LIMIT = "Heuristics.Limits.Exceeded."
_LIMITS = {
    "MaxFileSize": ScanLimit.SIZE,
    "MaxScanSize": ScanLimit.SIZE,
    "MaxRecursion": ScanLimit.DEPTH,
    "MaxFiles": ScanLimit.COUNT,
    "MaxScanTime": ScanLimit.TIME,
}
_VERSION = re.compile(r"(?P<name>ClamAV [^/\n]{1,50})(?:/(?P<signatures>\d{1,12})/[^\n]{0,60})?")


class ClamdScanner:
    """Speaks to the clamd that CLAMD_ADDRESS names (`unix:/path` or `tcp:host:port`)."""

    is_demo: ClassVar[bool] = False

    def engine(self, *, patience: float) -> Engine:
        """Ask for the version. Raises: ScannerError."""
        with _session(patience) as session:
            return session.engine()

    def scan(self, content: IO[bytes], *, patience: float) -> Verdict:
        """Stream one file. Raises: ScannerError.

        The version is asked first: when new signatures come between the two, the older ones are written down,
        and the file is looked at again rather than not.
        """
        until = time.monotonic() + patience
        with _session(patience) as session:
            engine = session.engine()
        with _session(until - time.monotonic()) as session:
            answer = session.stream(content)
        return _verdict(engine, answer)


def _verdict(engine: Engine, answer: str) -> Verdict:
    """Read an answer that is whole. Raises: ScannerError for one that is not known."""
    if answer == "stream: OK":
        return Verdict(engine)
    if answer == _OVER_STREAM_LIMIT:
        return Verdict(engine, limit=ScanLimit.SIZE)
    if found := _FOUND.fullmatch(answer):
        if found["finding"].startswith(_OVER_SCAN_LIMIT):
            return Verdict(engine, limit=_LIMITS.get(found["finding"].removeprefix(_OVER_SCAN_LIMIT), ScanLimit.OTHER))
        return Verdict(engine, found["finding"])
    raise ScannerError(f"clamd gave no verdict: {answer[:150]}")


class _Session:
    """One connection and its deadline; clamd ends it after one answer."""

    def __init__(self, link: socket.socket, until: float) -> None:
        self.link, self.until = link, until

    def engine(self) -> Engine:
        self._send(b"zVERSION\0")
        answer = self._answer()
        found = _VERSION.fullmatch(answer)
        if found is None:
            raise ScannerError(f"clamd did not tell its version: {answer[:150]}")
        return Engine(found["name"], found["signatures"] or "")

    def stream(self, content: IO[bytes]) -> str:
        try:
            self._send(b"zINSTREAM\0")
            while chunk := content.read(_CHUNK):
                self._send(len(chunk).to_bytes(4, "big") + chunk)
            self._send(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            # It stops listening when the file is larger than it takes, and has said so before.
            return self._answer()
        return self._answer()

    def _send(self, data: bytes) -> None:
        self._hurry()
        self.link.sendall(data)

    def _answer(self) -> str:
        """Read up to the NUL; an answer that is cut off is none."""
        told = b""
        while not told.endswith(b"\0"):
            self._hurry()
            part = self.link.recv(_LONGEST_ANSWER)
            told += part
            if not part or len(told) > _LONGEST_ANSWER:
                raise ScannerError("clamd ended without a whole answer")
        return told[:-1].decode(errors="replace").strip()

    def _hurry(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise ScannerError("clamd did not answer in time")
        self.link.settimeout(left)


@contextmanager
def _session(patience: float) -> Iterator[_Session]:
    """Open a connection for so many seconds in all. Raises: ScannerError for whatever goes wrong on it."""
    until = time.monotonic() + patience
    try:
        with _connect(until) as link:
            yield _Session(link, until)
    except TimeoutError as error:
        raise ScannerError("clamd did not answer in time") from error
    except OSError as error:
        raise ScannerError(f"clamd cannot be reached: {error.strerror or error}") from error


def _connect(until: float) -> socket.socket:
    left = until - time.monotonic()
    if left <= 0:
        raise ScannerError("clamd did not answer in time")
    way, _colon, rest = settings.CLAMD_ADDRESS.partition(":")
    if way == "tcp":
        host, _colon, port = rest.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=left)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(left)
        link.connect(rest)
    except BaseException:
        link.close()
        raise
    return link
