"""Run the contract suite against a vendor's driver: what every disk must do, in one command.

    python -m devices.contract --driver acme=acme_disk:Driver --disks acme_disk:make_disk

docs/drivers.md says what the two are. The suite leaves out what a disk without read-back has no means for.
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
OUR_DISKS = "devices.virtual:VirtualDisk.create"


def main(arguments: list[str] | None = None) -> int:
    """Run the suite; 0 when the driver passes, 1 when it does not, 2 when it cannot be loaded."""
    parser = argparse.ArgumentParser(prog="devices.contract", description=__doc__)
    parser.add_argument("--driver", default=OWN, help="name=module:object, installed as an entry point; or taxhall")
    parser.add_argument("--disks", default=OUR_DISKS, help="module:callable(path, spec, clock=…) that issues a disk")
    options = parser.parse_args(arguments)
    try:
        load_drivers([options.driver])
    except DriverError as error:
        parser.error(str(error))
    environment = {**os.environ, DRIVER: options.driver, DISKS: options.disks}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SUITE]
    done = subprocess.run(words, cwd=PROJECT, env=environment, check=False)
    return 0 if done.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
