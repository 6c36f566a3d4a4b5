"""The embedded default: everything on this machine, outside systems simulated and marked so."""

from __future__ import annotations

from taxhall.settings.base import *  # noqa: F403  (a settings module extends the one below it)
from taxhall.settings.base import ENV

HALL_DEMO = True
# A system of the visitor's own on this machine may be told of invoices.
HALL_HOOKS_LOOPBACK = True
SECRET_KEY = ENV.secret_key or "demo-only-not-a-secret"
HALL_IDENTITY_KEY = ENV.identity_key or "demo-only-identity-key"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *ENV.allowed_hosts]
FILE_SCANNER = ENV.file_scanner or "accounts.scanning.demo.DemoScanner"
SMS_GATEWAY = ENV.sms_gateway or "accounts.sms.demo.DemoSms"
TREASURY_GATEWAY = ENV.treasury_gateway or "filing.gateway.demo.DemoTreasury"
