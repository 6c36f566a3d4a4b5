"""Ring for work after commit.

The work itself is a row written in the same transaction; the broker is only the doorbell. A broker
that is down must not turn a committed change into an error page: the sweepers ring again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

from taxhall.common import failpoints

logger = logging.getLogger(__name__)
_is_muffled: ContextVar[bool] = ContextVar("is_muffled", default=False)


@contextmanager
def muffled() -> Iterator[None]:
    """Ring for nobody here: whoever writes the rows does the work, too; only halls for show do so."""
    token = _is_muffled.set(True)
    try:
        yield
    finally:
        _is_muffled.reset(token)


def ring_on_commit(task: Any, *ids: Any) -> None:
    """Publish the task with the ids once the current transaction has committed."""
    transaction.on_commit(lambda: ring(task, *ids))


def ring(task: Any, *ids: Any) -> None:
    """Publish the task now; a dead broker is logged and left to the sweeper."""
    if _is_muffled.get():
        return
    key = ":".join([task.name, *map(str, ids)])
    failpoints.reach("ring.before", key)
    try:
        task.apply_async(args=[str(each) for each in ids], retry=False)
        failpoints.reach("ring.after", key)
    except (OperationalError, OSError) as error:
        logger.warning("doorbell not rung: %s %s: %s", task.name, ids, error)
