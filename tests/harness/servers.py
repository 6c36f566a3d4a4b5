"""The real PostgreSQL and Valkey that the tests run on."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import environ
import pytest
from django.conf import settings
from django.db import connections

from taxhall import embedded
from taxhall.embedded import urls

GIVEN = ("DATABASE_URL", "REDIS_URL")


def prepare(config: pytest.Config) -> None:
    """Have servers ready before anything connects, and give them back when the run ends.

    Servers named in the environment are used as they are. Otherwise throw-away ones start under
    var/test; runs in the same checkout share them, each with databases of its own.
    """
    config.add_cleanup(lambda: shutil.rmtree(settings.HALL_VAR, ignore_errors=True))
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    missing = [name for name in GIVEN if not os.environ.get(name)]
    if missing:
        var = Path(settings.HALL_TEST_VAR)
        stack = ExitStack()
        config.add_cleanup(stack.close)
        stack.enter_context(embedded.borrowed(var))
        found = {"DATABASE_URL": urls.database_url(var), "REDIS_URL": urls.redis_url(var)}
        # Written to the environment so that xdist's workers and started processes find them too.
        os.environ.update({name: found[name] for name in missing})
        stack.callback(_forget, missing)
    _point_django_at(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
    if "DATABASE_URL" in missing:
        os.environ.setdefault("TAXHALL_TEST_DB_SUFFIX", f"_{os.getpid()}")
    settings.DATABASES["default"]["TEST"]["NAME"] = "test_taxhall" + os.environ.get("TAXHALL_TEST_DB_SUFFIX", "")


def _point_django_at(database_url: str, redis_url: str) -> None:
    """Fill the places that the test settings left open; no connection exists yet."""
    address: dict[str, Any] = environ.Env.db_url_config(database_url)
    settings.DATABASES["default"].update(address)
    connections["default"].settings_dict.update(address)
    settings.REDIS_URL = redis_url


def _forget(names: list[str]) -> None:
    for name in names:
        os.environ.pop(name, None)
