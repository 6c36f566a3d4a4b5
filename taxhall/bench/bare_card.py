"""The floor of the card exchange: pyscard alone, one connection, nothing checked.

    python -m taxhall.bench.bare_card VISITS STEPS

Imports nothing of the hall but the bytes of the commands; prints commands a second.
"""

from __future__ import annotations

import os
import sys
import time

from smartcard.System import readers

from devices.protocol.apdu import EXTENDED_LE, CommandApdu
from devices.protocol.commands import SELECT_BY_NAME, Ins, class_of
from devices.protocol.constants import APPLET_ID, NONCE_LENGTH


def command(ins: Ins, data: bytes = b"", p1: int = 0) -> list[int]:
    """Return the bytes of a command as the library takes them."""
    return list(CommandApdu(class_of(ins), ins, p1, 0, data, EXTENDED_LE).to_bytes())


def main() -> int:
    """Send the commands of so many visits and print the rate."""
    visits, steps = int(sys.argv[1]), int(sys.argv[2])
    select, certificate, ask = (
        command(Ins.SELECT, APPLET_ID, SELECT_BY_NAME),
        command(Ins.GET_CERT),
        command(Ins.PIN_TRIES),
    )
    connection = readers()[0].createConnection()
    connection.connect()
    started, sent = time.perf_counter(), 0
    for _ in range(visits):
        challenge = command(Ins.CHALLENGE, os.urandom(NONCE_LENGTH))
        for apdu in (select, certificate, challenge, *[ask] * steps):
            _data, sw1, _sw2 = connection.transmit(apdu)
            if sw1 not in (0x90, 0x61):
                sys.stderr.write(f"refused with {sw1:02x}")
                return 1
            sent += 1
    sys.stdout.write(str(sent / (time.perf_counter() - started)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
