"""The card owner: one process per reader, one thread for all card work, killed at its deadline.

    python -m devices.gateway.owner --transport pcsc --reader 'Virtual PCD 00 00'

Started by the supervisor, never forked from a process that touched PC/SC. Requests come as frames on
standard input; answers and events go to standard output. PINs live in this process's memory and nowhere else.
A second thread only watches whether a card is there; it has a context of its own.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from devices.gateway import wire
from devices.gateway.base import Transport, TransportError
from devices.gateway.carriers import Presence, open_transport, presence_of
from devices.gateway.drivers import OWN, OWN_DRIVERS, DiskDriver, load_drivers
from devices.gateway.wire import CardRequest
from devices.gateway.work import PinStore, Visit
from devices.protocol.certificates import TrustAnchor

logger = logging.getLogger(__name__)

WATCH_SECONDS = 1.0
# A place in this process, `card.before` or `card.after`, and the serial it is passed for.
Reach = Callable[[str, object], None]


def pass_by(place: str, key: object) -> None:
    """Pass a place where nothing ever happens; a test has another (`devices.virtual.fragile_owner`)."""


class Outlet:
    """Frames to the supervisor, whole ones, from either thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, message: dict[str, Any]) -> None:
        """Write one frame; a supervisor that is gone ends this process."""
        try:
            with self._lock:
                self._stream.write(wire.encode(message))
                self._stream.flush()
        except OSError:
            os._exit(0)


class Watch(threading.Thread):
    """Tells when the card comes or goes, and ends the process when the supervisor has vanished."""

    def __init__(self, presence: Presence, pins: PinStore, outlet: Outlet) -> None:
        super().__init__(daemon=True, name="presence")
        self._presence = presence
        self._pins = pins
        self._outlet = outlet
        self._parent = os.getppid()

    def run(self) -> None:
        """Look about once a second; never used for trust, only for telling and for dropping PINs."""
        known: bool | None = None
        pause = threading.Event()
        while os.getppid() == self._parent:
            try:
                is_present = self._presence.wait(WATCH_SECONDS)
            except TransportError as error:
                logger.info("presence unknown: %s", error)
                is_present = False
                pause.wait(WATCH_SECONDS)
            if not is_present:
                self._pins.forget_all()
            if is_present != known:
                known = is_present
                self._outlet.say({"event": "presence", "is_present": is_present})
        os._exit(0)


def end_with_thread(broken: threading.ExceptHookArgs) -> None:
    """End the process with any of its threads: one that lives on without its watch would be deaf for good.

    The supervisor starts another, which begins by looking.
    """
    traceback.print_exception(broken.exc_type, broken.exc_value, broken.exc_traceback)
    sys.stderr.flush()
    os._exit(1)


class Owner:
    """Answers requests for one reader, one after another."""

    def __init__(
        self,
        transport: Transport,
        reader: str,
        pins: PinStore,
        outlet: Outlet,
        trust: TrustAnchor | None,
        *,
        drivers: Sequence[DiskDriver] = OWN_DRIVERS,
        reach: Reach = pass_by,
    ) -> None:
        self._drivers = drivers
        self._transport = transport
        self._reader = reader
        self._pins = pins
        self._outlet = outlet
        self._trust = trust
        self._reach = reach

    def serve(self, requests: BinaryIO) -> None:
        """Work until the supervisor closes the pipe. Raises: WireError for a broken one."""
        while (message := wire.read_stream(requests)) is not None:
            request = CardRequest.from_json(message)
            visit = Visit(
                self._transport,
                self._reader,
                self._pins,
                trust=self._trust,
                drivers=self._drivers,
                on_connected=lambda: self._outlet.say({"event": "connected"}),
                on_sending=partial(self._begin_sending, request),
            )
            answer = visit.carry(request)
            if request.is_changing:
                self._reach("card.after", request.serial)
            self._outlet.say({"event": "answer", "answer": answer.to_json()})

    def _begin_sending(self, request: CardRequest) -> None:
        self._outlet.say({"event": "sending"})
        self._reach("card.before", request.serial)


def main(arguments: list[str] | None = None, *, reach: Reach = pass_by) -> int:
    """Run the owner of one reader until standard input ends."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s owner %(message)s")
    # Frames own standard output; whatever a library prints must not get between them.
    frames = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.excepthook = end_with_thread
    outlet, pins = Outlet(frames), PinStore()
    trust = TrustAnchor.from_pem(Path(options.ca).read_text()) if options.ca else None
    Watch(presence_of(options.transport, options.reader, options.slots), pins, outlet).start()
    transport = open_transport(options.transport, options.slots)
    drivers = load_drivers(options.driver or [OWN])
    Owner(transport, options.reader, pins, outlet, trust, drivers=drivers, reach=reach).serve(sys.stdin.buffer)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="devices.gateway.owner", description="Own one card reader.")
    parser.add_argument("--transport", choices=("pcsc", "memory"), required=True)
    parser.add_argument("--reader", required=True, help="name of the reader to own")
    parser.add_argument("--slots", default="", help="folder of the virtual slots (memory transport)")
    parser.add_argument("--ca", default="", help="PEM file of the device CA; disks it does not vouch for are strangers")
    parser.add_argument("--driver", action="append", help="a driver to use, in turn: taxhall, or name=module:object")
    return parser


if __name__ == "__main__":
    sys.exit(main())
