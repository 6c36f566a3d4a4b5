"""Run the contract suite against a driver and the disk in a reader.

python -m devices.contract --driver NAME --reader 'READER' [--ca FILE] [--pin-file FILE] [--clear-key FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from devices.contract.run import BROKEN, KEPT, Outcome, run_checks
from devices.contract.stand import Stand
from devices.gateway.base import TransportError
from devices.gateway.carriers import MEMORY, PCSC, open_transport
from devices.gateway.drivers import DriverError, load_drivers
from devices.protocol.certificates import TrustAnchor
from devices.protocol.errors import ProtocolError
from devices.protocol.profiles import PrivateKey


def main(arguments: list[str] | None = None) -> int:
    """Print each promise and what came of it; 0 when none is broken, 1 when one is, 2 when nothing could be tried."""
    options = _parser().parse_args(arguments)
    try:
        stand = _stand(options)
        readers = stand.transport.readers()
    except (DriverError, ProtocolError, TransportError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if stand.reader not in readers:
        sys.stderr.write(f"there is no reader {stand.reader!r}; there are: {', '.join(readers) or 'none'}\n")
        return 2
    outcomes = []
    for outcome in run_checks(stand):
        outcomes.append(outcome)
        if not options.json:
            sys.stdout.write(_line(outcome))
            sys.stdout.flush()
    if options.json:
        sys.stdout.write(json.dumps([asdict(each) for each in outcomes], indent=2) + "\n")
    return 1 if any(each.result == BROKEN for each in outcomes) else 0


def _line(outcome: Outcome) -> str:
    mark = {KEPT: "ok  ", BROKEN: "FAIL"}.get(outcome.result, "--  ")
    return f"{mark} {outcome.name}{f': {outcome.why}' if outcome.why else ''}\n"


def _stand(options: argparse.Namespace) -> Stand:
    # Whoever types the name asks for it: the allow list is for halls, not for this bench.
    (driver,) = load_drivers((options.driver,))
    key = options.clear_key
    return Stand(
        transport=open_transport(options.transport, options.slots),
        reader=options.reader,
        driver=driver,
        trust=TrustAnchor.from_pem(Path(options.ca).read_text()) if options.ca else None,
        pin=Path(options.pin_file).read_text().strip() if options.pin_file else None,
        clear_key=PrivateKey.from_pem(options.profile, Path(key).read_bytes()) if key else None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="devices.contract", description="Try what a disk driver must guarantee.")
    parser.add_argument("--driver", required=True, help="name of the driver, as in its entry point")
    parser.add_argument("--reader", required=True, help="name of the reader with the disk")
    parser.add_argument("--transport", choices=(PCSC, MEMORY), default=PCSC)
    parser.add_argument("--slots", default="", help="folder of the virtual slots (memory transport)")
    parser.add_argument(
        "--ca", default="", help="PEM file of the device CA; without it the disk's own certificate counts"
    )
    parser.add_argument(
        "--pin-file", default="", help="file with the PIN; with it invoices are issued and reports made"
    )
    parser.add_argument(
        "--clear-key", default="", help="PEM file of a test authority's key; with it the disk is cleared"
    )
    parser.add_argument("--profile", default="intl", help="profile of that key: intl or sm")
    parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
