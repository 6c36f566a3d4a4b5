"""The embedded default: everything on this machine, outside systems simulated and marked so."""

from __future__ import annotations

from taxhall.settings.base import *  # noqa: F403  (a settings module extends the one below it)
from taxhall.settings.base import ENV  # noqa: F401

HALL_DEMO = True
SECRET_KEY = "demo-only-not-a-secret"  # noqa: S105  (production refuses this value)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
TREASURY_GATEWAY = "filing.gateway.demo.DemoTreasury"
