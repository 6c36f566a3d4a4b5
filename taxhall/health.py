"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

BROKER_PATIENCE_SECONDS = 1.0


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer as long as the process lives; asks nothing of anybody."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when pages can be served.

    Without the database nothing can; without the broker work waits for the sweepers, so that is
    reported and not fatal.
    """
    database, broker = _database_answers(), _broker_answers()
    body = {"database": _word(database), "broker": _word(broker)}
    return JsonResponse(body, status=200 if database else 503)


def _word(is_up: bool) -> str:
    return "up" if is_up else "down"


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    if not settings.REDIS_URL:
        return False
    patience = BROKER_PATIENCE_SECONDS
    broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=patience, socket_connect_timeout=patience)
    try:
        return bool(broker.ping())
    except redis.RedisError:
        return False
    finally:
        broker.close()
