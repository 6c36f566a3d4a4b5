"""The Celery application as it really is configured, not only the settings it was given."""

from __future__ import annotations

from pathlib import Path

import pytest
from celery import Celery
from celery.signals import task_prerun
from django.db import connection

from accounts.models import Taxpayer
from taxhall.celery import app
from taxhall.launch import Launch
from taxhall.settings.base import KEPT_CONNECTION

BROKEN_UNLESS = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "result_accept_content": ["json"],
    "task_ignore_result": True,
    "timezone": "Asia/Shanghai",
}


@pytest.mark.parametrize(("name", "value"), BROKEN_UNLESS.items())
def test_a_guarantee_reaches_the_application(name: str, value: object) -> None:
    assert app.conf[name] == value


def test_no_running_task_is_handed_out_again() -> None:
    limit = app.conf.task_time_limit
    assert app.conf.task_soft_time_limit < limit
    assert app.conf.broker_transport_options["visibility_timeout"] > 2 * limit
    assert app.conf.result_backend_transport_options["visibility_timeout"] > 2 * limit
    assert app.conf.visibility_timeout > 2 * limit


def registered(celery: Celery) -> set[str]:
    """Return the names of our own tasks."""
    celery.loader.import_default_modules()
    return {name for name in celery.tasks if not name.startswith("celery.")}


def test_every_scheduled_task_exists() -> None:
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled - registered(app) == set()


def test_every_task_is_named_after_its_application() -> None:
    assert [name for name in registered(app) if name.count(".") != 1] == []


def test_whatever_talks_to_a_card_runs_on_the_devices_queue() -> None:
    routes = app.conf.task_routes
    assert routes["clearcard.execute_clear"] == {"queue": "devices"}
    assert {name for name in routes if "*" not in name} - registered(app) == set()


def test_posts_to_slow_systems_run_on_a_queue_of_their_own(tmp_path: Path) -> None:
    asked = app.amqp.router.route({}, "invoicing.deliver_hooks")["queue"].name
    others = {name: app.amqp.router.route({}, name)["queue"].name for name in registered(app)}
    assert [name for name, queue in others.items() if queue == asked] == ["invoicing.deliver_hooks"]
    commands = [program.command for program in Launch(tmp_path).back_programs()]
    served = [command[command.index("-Q") + 1] for command in commands if "-Q" in command]
    assert sorted(served) == sorted({*others.values()})


def test_celery_leaves_closing_the_database_to_us() -> None:
    assert app.conf.get("CELERY_DB_REUSE_MAX"), "without it every task makes a connection of its own"


@pytest.mark.django_db(transaction=True)
def test_a_task_that_finds_its_kept_connection_dead_makes_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    for name, value in KEPT_CONNECTION.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    task_prerun.send(sender=None)
    assert Taxpayer.objects.count() == 0
    kept = connection.connection
    task_prerun.send(sender=None)
    assert connection.connection is kept

    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [kept.info.backend_pid])
    other.close()
    task_prerun.send(sender=None)
    assert Taxpayer.objects.count() == 0
    assert connection.connection is not kept
    connection.close()
