"""Run the contract suite against a vendor's driver: what every disk must do, in one command.

    python -m devices.contract --driver acme=acme_disk:Driver --disks acme_disk:make_disk

docs/drivers.md says what the two are. The suite leaves out what a disk without read-back has no means for.

    python -m devices.contract --driver acme=acme_disk:Driver --reader "ACME Reader 00 00" --pin-file pin.txt

runs the part that needs no simulated disk against the real one in a reader; with --read-only nothing is signed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from devices.gateway.drivers import OWN, DriverError, load_drivers

PROJECT = Path(__file__).resolve().parent.parent
SUITE = "tests/devices/contract"
# Where the suite finds what it is run against.
DRIVER, DISKS = "TAXHALL_CONTRACT_DRIVER", "TAXHALL_CONTRACT_DISKS"
# The part that any disk must pass, and where it finds the real one.
READER_SUITE = f"{SUITE}/test_reader_contract.py"
READER, PIN_FILE = "TAXHALL_CONTRACT_READER", "TAXHALL_CONTRACT_PIN_FILE"
NOT_THERE = 2
WARNING = """WARNING: this signs on the disk in {reader}. It issues invoices of one yuan under real numbers and voids
them again, and hands the disk a forged clear and a forged order: a right disk refuses both, a wrong one is cleared.
Use a disk that is meant for tests, or --read-only."""
OUR_DISKS = "devices.virtual:VirtualDisk.create"


def main(arguments: list[str] | None = None) -> int:
    """Run the suite; 0 when the driver passes, 1 when it does not, 2 when driver, reader or PIN file is not there."""
    parser = argparse.ArgumentParser(prog="devices.contract", description=__doc__)
    parser.add_argument("--driver", default=OWN, help="name=module:object, installed as an entry point; or taxhall")
    parser.add_argument("--disks", default=OUR_DISKS, help="module:callable(path, spec, clock=…) that issues a disk")
    parser.add_argument("--reader", default="", help="name of a real reader: test the disk in it; SIGNS ON THE DISK")
    parser.add_argument("--read-only", action="store_true", help="with --reader: read, and sign nothing")
    parser.add_argument("--pin-file", default="", help="with --reader: file with the PIN of the disk under test")
    options = parser.parse_args(arguments)
    if options.reader and not options.read_only and not options.pin_file:
        parser.error("--reader signs on the disk and needs its PIN: give --pin-file, or --read-only")
    if options.pin_file and not Path(options.pin_file).is_file():
        parser.error(f"there is no file {options.pin_file}")
    try:
        load_drivers([options.driver])
    except DriverError as error:
        parser.error(str(error))
    return _run_on_reader(options) if options.reader else _run(options, [SUITE], {DISKS: options.disks})


def _run_on_reader(options: argparse.Namespace) -> int:
    """Warn of what will be done to the disk, and do it."""
    if options.read_only:
        return _run(options, [READER_SUITE, "-m", "not signs"], {READER: options.reader})
    sys.stderr.write(WARNING.format(reader=options.reader) + "\n")
    sys.stderr.flush()
    return _run(options, [READER_SUITE], {READER: options.reader, PIN_FILE: str(Path(options.pin_file).resolve())})


def _run(options: argparse.Namespace, suite: list[str], more: dict[str, str]) -> int:
    environment = {**os.environ, DRIVER: options.driver, **more}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suite]
    done = subprocess.run(words, cwd=PROJECT, env=environment, check=False)
    return done.returncode if done.returncode in (0, NOT_THERE) else 1


if __name__ == "__main__":
    sys.exit(main())
