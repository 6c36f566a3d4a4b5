"""The device worker of a bench: the hall's own Celery application, stand-in disks, and two empty tasks."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import redis
from celery import shared_task
from celery.signals import worker_process_init
from django.conf import settings

from taxhall.celery import app

__all__ = ["app", "do_nothing", "report_back", "use_stand_in_disks"]

_until_the_process_ends = ExitStack()


@worker_process_init.connect
def use_stand_in_disks(**_named: Any) -> None:
    """Answer for every disk in this process, until it ends."""
    from devices import services as device_services  # noqa: PLC0415  (the applications are loaded by now)
    from taxhall.bench.disks import StandInDisks  # noqa: PLC0415

    _until_the_process_ends.enter_context(device_services.use_card_host(StandInDisks(Path(settings.HALL_VAR))))


@shared_task(name="bench.do_nothing")
def do_nothing(_number: str) -> None:
    """Do nothing: what is left is Celery."""


@shared_task(name="bench.report_back")
def report_back(key: str) -> None:
    """Tell who waits at the key that everything before this message was taken."""
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.rpush(key, "done")
