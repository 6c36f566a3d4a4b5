"""Fixtures of every test: people by role, signed-in clients, a frozen day, real servers."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from zoneinfo import ZoneInfo

# Playwright runs an event loop in the test's thread; the ORM calls beside it are ordinary ones.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

import hypothesis
import pytest
import time_machine
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from tests.harness import servers

pytest_plugins = ["tests.harness.browser", "tests.harness.cards", "tests.harness.pcscd"]

ZONE = ZoneInfo("Asia/Shanghai")


# How fast this machine draws examples while it has other work says nothing about us.
hypothesis.settings.register_profile("hall", suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("hall")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start or find the servers before Django connects."""
    servers.prepare(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run three workers on two processors: half the time a test waits for a server, a browser or a disk."""
    return max(2, len(os.sched_getaffinity(0)) * 3 // 2)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take a minute or more, once the order is drawn: at the end all others would wait."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Take what lives until the end out of the garbage collector's rounds: they are a sixth of the suite's time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make the database as always, and let no connection that a killed thread left keep it from being dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def freeze() -> Iterator[Callable[[str], datetime]]:
    """Return a function that stops the clock at a local moment: freeze("2026-11-16 10:00")."""
    with ExitStack() as stack:

        def stop_at(text: str) -> datetime:
            moment = datetime.fromisoformat(text)
            if len(text) == len("2026-11-16"):
                moment = moment.replace(hour=10)
            moment = moment.replace(tzinfo=ZONE)
            stack.enter_context(time_machine.travel(moment, tick=False))
            return moment

        yield stop_at


@pytest.fixture
def frozen_day(freeze: Callable[[str], datetime]) -> datetime:
    """Stop the clock at ten on a working Monday in the filing season of October 2026."""
    return freeze("2026-11-16 10:00")


@pytest.fixture
def client() -> Client:
    """Return a client of the hall's own kind; not signed in."""
    from tests.harness.clients import HallClient

    return HallClient()


@pytest.fixture
def taxpayer_client(db: None) -> Client:
    """Return the client of a 财务负责人 with the company in sight (.user, .membership, .taxpayer)."""
    from tests.factories.accounts import MembershipFactory
    from tests.harness.clients import HallClient

    return HallClient().enter_as(MembershipFactory(finance=True))


@pytest.fixture
def outsider_client(db: None) -> Client:
    """Return the client of a 财务负责人 of some other company."""
    from tests.factories.accounts import MembershipFactory
    from tests.harness.clients import HallClient

    return HallClient().enter_as(MembershipFactory(finance=True))


@pytest.fixture
def officer_client(db: None) -> Client:
    """Return the client of a reviewer in 雁塔区 whose second factor is proved (.user)."""
    from tests.factories.accounts import OfficerFactory
    from tests.harness.clients import HallClient

    return HallClient().enter_as_officer(OfficerFactory())


@pytest.fixture
def api_client() -> APIClient:
    """Return an API client that is not signed in."""
    return APIClient()
