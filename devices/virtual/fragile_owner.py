"""The card owner with places where a test may have it die: what the card host starts where HALL_FAILPOINTS is set."""

from __future__ import annotations

import sys

from devices.gateway.owner import main
from taxhall.common import failpoints

if __name__ == "__main__":
    sys.exit(main(reach=failpoints.reach))
