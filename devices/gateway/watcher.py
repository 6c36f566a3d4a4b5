"""Lists the readers about once a second, in a process of its own: the card service may block without limit.

python -m devices.gateway.watcher --transport pcsc
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading

from devices.gateway.base import TransportError
from devices.gateway.carriers import open_transport
from devices.gateway.owner import Outlet

logger = logging.getLogger(__name__)
PERIOD_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Write the list of readers as frames until the parent is gone."""
    parser = argparse.ArgumentParser(prog="devices.gateway.watcher", description="List card readers.")
    parser.add_argument("--transport", choices=("pcsc", "memory"), required=True)
    parser.add_argument("--slots", default="")
    options = parser.parse_args(arguments)
    outlet = Outlet(os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    transport = open_transport(options.transport, options.slots)
    parent, pause = os.getppid(), threading.Event()
    while os.getppid() == parent:
        try:
            outlet.say({"event": "readers", "readers": transport.readers(), "problem": ""})
        except TransportError as error:
            outlet.say({"event": "readers", "readers": [], "problem": str(error)})
        pause.wait(PERIOD_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
