"""How the slots of a rack are reached: as cards of pcscd's virtual readers, or over local sockets."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from pathlib import Path

from devices.gateway.client import reachable
from devices.virtual.rack import Link, Slot

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
LOOK_SECONDS = 0.2


class VpcdCard(threading.Thread):
    """Plays the card of one virtual reader: connects while a disk is in the slot."""

    def __init__(self, slot: Slot, port: int, stop: threading.Event) -> None:
        super().__init__(daemon=True, name=f"vpcd {slot.name}")
        self._slot = slot
        self._port = port
        self._halt = stop

    def run(self) -> None:
        """Connect, serve, and connect again, until told to stop."""
        while not self._halt.is_set():
            if self._slot.wait_present(LOOK_SECONDS) is not None:
                self._serve_once()

    def _serve_once(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self._port), CONNECT_SECONDS) as link:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link.settimeout(None)
                Link(self._slot, link, is_tcp=True).serve()
        except OSError as error:
            logger.info("the reader of %s is not there: %s", self._slot.name, error)
            self._halt.wait(LOOK_SECONDS)


class SlotListener(threading.Thread):
    """Offers one slot on a local socket that only this user may open."""

    def __init__(self, slot: Slot, path: Path, stop: threading.Event) -> None:
        super().__init__(daemon=True, name=f"slot {slot.name}")
        self._slot = slot
        self._halt = stop
        self.path = path
        self._listener = listen_privately(path)

    def run(self) -> None:
        """Serve every connection in a thread of its own, until told to stop."""
        self._listener.settimeout(LOOK_SECONDS)
        while not self._halt.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                # Closed, or out of descriptors for a moment: whoever gave up here would leave the slot deaf for good.
                if self._listener.fileno() < 0:
                    return
                logger.warning("slot %s takes nobody in for now: %s", self._slot.name, error)
                self._halt.wait(LOOK_SECONDS)
                continue
            connection.settimeout(None)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            Link(self._slot, connection, is_tcp=False).serve()

    def close(self) -> None:
        """Take the socket away."""
        self._listener.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


def listen_privately(path: Path) -> socket.socket:
    """Return a listening Unix socket in a folder that is this user's alone. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with reachable(str(path)) as address:
            listener.bind(address)
        path.chmod(0o600)
        listener.listen(16)
    except OSError:
        listener.close()
        raise
    return listener
