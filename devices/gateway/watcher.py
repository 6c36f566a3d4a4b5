"""Lists the readers about once a second, in a process of its own: the card service may block without limit.

python -m devices.gateway.watcher --transport pcsc
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Callable

from devices.gateway.base import TransportError
from devices.gateway.carriers import open_transport
from devices.gateway.owner import Outlet

logger = logging.getLogger(__name__)
PERIOD_SECONDS = 0.5
NOT_INSTALLED = "is not installed"


def main(arguments: list[str] | None = None) -> int:
    """Write the list of readers as frames until the parent is gone."""
    parser = argparse.ArgumentParser(prog="devices.gateway.watcher", description="List card readers.")
    parser.add_argument("--transport", choices=("pcsc", "memory"), required=True)
    parser.add_argument("--slots", default="")
    options = parser.parse_args(arguments)
    outlet = Outlet(os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    list_readers = _lister(options.transport, options.slots)
    parent, pause = os.getppid(), threading.Event()
    while os.getppid() == parent:
        try:
            outlet.say({"event": "readers", "readers": list_readers(), "problem": ""})
        except TransportError as error:
            outlet.say({"event": "readers", "readers": [], "problem": str(error)})
        pause.wait(PERIOD_SECONDS)
    return 0


def _lister(transport: str, slots: str) -> Callable[[], list[str]]:
    try:
        return open_transport(transport, slots).readers
    except ModuleNotFoundError as error:
        # Told like any trouble of the card service: a watcher that ended would only be started again.
        missing = TransportError(f"{error.name} {NOT_INSTALLED}", sent=False)

        def refuse() -> list[str]:
            raise missing

        return refuse


if __name__ == "__main__":
    sys.exit(main())
