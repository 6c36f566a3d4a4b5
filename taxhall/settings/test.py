"""Settings of the test suite: real PostgreSQL, fast hashing, tasks called by hand."""

from __future__ import annotations

import os

from taxhall.settings.base import *  # noqa: F403  (a settings module extends the one below it)
from taxhall.settings.base import DATABASES

HALL_DEMO = True
SECRET_KEY = "test-only-not-a-secret"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_URL = "memory://"
TREASURY_GATEWAY = "filing.gateway.demo.DemoTreasury"
DATABASES["default"]["TEST"] = {"NAME": "test_taxhall" + os.environ.get("TAXHALL_TEST_DB_SUFFIX", "")}
