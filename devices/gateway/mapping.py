"""Check that each reader answers with its own disk: two drivers sharing state swap cards silently.

python -m devices.gateway.mapping '{"reader name": "serial", ...}'
"""

from __future__ import annotations

import json
import sys
import threading
import time

from devices.gateway.base import TransportError
from devices.gateway.pcsc import PcscTransport
from devices.gateway.session import DiskSession

PATIENCE_SECONDS = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Ask every reader for its disk's certificate; 0 when all are as expected, 1 with the truth as JSON."""
    expected: dict[str, str] = json.loads((arguments or sys.argv[1:])[0])
    transport = PcscTransport()
    found = {reader: _serial_in(transport, reader) for reader in expected}
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 0 if found == expected else 1


def _serial_in(transport: PcscTransport, reader: str) -> str:
    """Return the serial a reader's disk claims, once it is usable; a disk needs up to 0.4 s to be seen."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with transport.open(reader) as channel:
                session = DiskSession(channel)
                session.select()
                return session.certificate().serial
        except TransportError as error:
            if time.monotonic() > deadline:
                return f"{type(error).__name__}: {error}"
            pause.wait(0.05)


if __name__ == "__main__":
    sys.exit(main())
