"""Settings of the test suite: real PostgreSQL, fast hashing, tasks called by hand.

Importing them needs no server: tests/harness/servers.py fills in where the servers are.
"""

from __future__ import annotations

import os

from taxhall.settings.base import *  # noqa: F403  (a settings module extends the one below it)
from taxhall.settings.base import ENV, PLACEHOLDER_DATABASE

HALL_DEMO = True
HALL_HOOKS_LOOPBACK = True
SECRET_KEY = "test-only-not-a-secret"  # noqa: S105  # pragma: allowlist secret
HALL_IDENTITY_KEY = "test-only-identity-key"
ALLOWED_HOSTS = ["*"]

# Servers are shared by the runs of one checkout; files are of one worker of one run only.
HALL_TEST_VAR = ENV.var / "test"
HALL_VAR = HALL_TEST_VAR / "runs" / f"{os.getpid()}"
STATIC_ROOT = HALL_VAR / "static"
MEDIA_ROOT = HALL_VAR / "uploads"
CARDHOST_SOCKET = str(HALL_VAR / "run" / "cardhost.sock")

DATABASES = {"default": {**PLACEHOLDER_DATABASE, "TEST": {"NAME": "test_taxhall"}}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_URL = "memory://"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TREASURY_GATEWAY = "filing.gateway.demo.DemoTreasury"
SMS_GATEWAY = "accounts.sms.demo.DemoSms"
FILE_SCANNER = "accounts.scanning.demo.DemoScanner"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
