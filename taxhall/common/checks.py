"""What production must not start with.

Each rule looks at one setting and names itself, so that an operator can find it in the handbook.
`manage.py check` lists them all; every production process also runs them as it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

SHORTEST_SECRET = 50
# Waiting for the reader, connecting, writing, and the way there and back (devices/gateway/wire.py, client.py).
SHORTEST_LEASE = 50
DEFAULT_SECRETS = ("demo-only", "test-only", "django-insecure")
POSTGRESQL = "django.db.backends.postgresql"
VISIBILITY_PLACES = ("CELERY_BROKER_TRANSPORT_OPTIONS", "CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS")

Rule = Callable[[], str | None]


def debug_is_off() -> str | None:
    """Debug pages show settings and data to anybody."""
    return "DEBUG is on" if settings.DEBUG else None


def demo_is_off() -> str | None:
    """In demo mode the business date can be moved and officers' codes can be read."""
    return "HALL_DEMO is on" if settings.HALL_DEMO else None


def secret_is_secret() -> str | None:
    """A known or guessable key lets anybody make sessions."""
    key = settings.SECRET_KEY
    if key.startswith(DEFAULT_SECRETS) or len(key) < SHORTEST_SECRET:
        return f"HALL_SECRET_KEY is a default value or shorter than {SHORTEST_SECRET} characters"
    return None


def database_is_postgresql() -> str | None:
    """Locks, triggers and constraints of the hall are PostgreSQL's."""
    engine = settings.DATABASES["default"].get("ENGINE")
    return None if engine == POSTGRESQL else f"the database must be PostgreSQL, not {engine}"


def treasury_is_real() -> str | None:
    """The demo treasury accepts every payment."""
    return _adapter_problem("HALL_TREASURY_GATEWAY", settings.TREASURY_GATEWAY, demo_parts=(".demo.",))


def scanner_is_real() -> str | None:
    """The demo scanner calls every file clean."""
    return _adapter_problem("HALL_FILE_SCANNER", settings.FILE_SCANNER, demo_parts=(".demo.",))


def texts_reach_telephones() -> str | None:
    """The demo gateway takes every short message and sends none; a site without a gateway names none."""
    path = settings.SMS_GATEWAY
    return _adapter_problem("HALL_SMS_GATEWAY", path, demo_parts=(".demo.",)) if path else None


def signer_is_real() -> str | None:
    """A signing key in a file can be copied; production signs in a module (PKCS#11)."""
    variables = {"intl": "HALL_DEVICE_SIGNER", "sm": "HALL_DEVICE_SM_SIGNER"}
    found = [
        _adapter_problem(variables[algorithm], path, demo_parts=(".demo.", ".file."))
        for algorithm, (path, _address) in settings.DEVICE_SIGNERS.items()
    ]
    return next((problem for problem in found if problem), None)


def signing_key_stays_with_the_device_worker() -> str | None:
    """The web process must not be able to sign a clear."""
    is_given = any(address for _path, address in settings.DEVICE_SIGNERS.values())
    if is_given and settings.HALL_ROLE != "device":
        return f"the role {settings.HALL_ROLE} was given the signing key"
    return None


def tasks_survive_their_worker() -> str | None:
    """A task is acknowledged when it is done and comes back when its worker dies."""
    if settings.CELERY_TASK_ACKS_LATE and settings.CELERY_TASK_REJECT_ON_WORKER_LOST:
        return None
    return "CELERY_TASK_ACKS_LATE and CELERY_TASK_REJECT_ON_WORKER_LOST must both be on"


def workers_take_one_task_at_a_time() -> str | None:
    """Prefetched tasks wait behind a slow card while other workers idle."""
    found = settings.CELERY_WORKER_PREFETCH_MULTIPLIER
    return None if found == 1 else f"CELERY_WORKER_PREFETCH_MULTIPLIER must be 1, not {found}"


def messages_are_json() -> str | None:
    """Whoever reaches the broker must not be able to run code."""
    accepted = {*settings.CELERY_ACCEPT_CONTENT, *settings.CELERY_RESULT_ACCEPT_CONTENT}
    written = {settings.CELERY_TASK_SERIALIZER, settings.CELERY_RESULT_SERIALIZER}
    return None if accepted | written == {"json"} else "Celery must write and accept JSON only"


def visibility_outlasts_tasks() -> str | None:
    """A message must not be handed out a second time while its task still runs."""
    limit = settings.CELERY_TASK_TIME_LIMIT
    found = [getattr(settings, place).get("visibility_timeout") for place in VISIBILITY_PLACES]
    found.append(settings.CELERY_VISIBILITY_TIMEOUT)
    if not limit or any(each is None or each <= 2 * limit for each in found):
        return (
            "CELERY_TASK_TIME_LIMIT must be set and be less than half of visibility_timeout in "
            f"{', '.join(VISIBILITY_PLACES)} and CELERY_VISIBILITY_TIMEOUT"
        )
    return None


def shutdown_is_soft() -> str | None:
    """A worker told to stop finishes or returns what it holds."""
    return (
        None if settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT > 0 else "CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT is not set"
    )


def broker_asks_for_a_password() -> str | None:
    """An open broker can be emptied or flooded by anybody on the network."""
    address = urlsplit(settings.CELERY_BROKER_URL)
    if address.scheme in ("redis", "rediss") and not address.password:
        return "REDIS_URL has no password"
    return None


def uploads_are_not_public() -> str | None:
    """Papers of taxpayers are served by views that check who asks, never as static files."""
    uploads, static = settings.MEDIA_ROOT, settings.STATIC_ROOT
    return "MEDIA_ROOT lies inside STATIC_ROOT" if str(uploads).startswith(f"{static}/") else None


def time_zone_is_the_bureau_s() -> str | None:
    """Deadlines fall at midnight in Xi'an."""
    ok = settings.USE_TZ and settings.TIME_ZONE == "Asia/Shanghai" == settings.CELERY_TIMEZONE
    return None if ok else "TIME_ZONE and CELERY_TIMEZONE must be Asia/Shanghai with USE_TZ on"


def failpoints_are_off() -> str | None:
    """Whoever writes into that folder can have the hall's processes die."""
    return "HALL_FAILPOINTS is set" if settings.HALL_FAILPOINTS else None


def leases_outlast_visits() -> str | None:
    """A lease that ends while its worker still waits for the disk makes every slow disk a doubt."""
    found = settings.HALL_LEASE_SECONDS
    return None if found >= SHORTEST_LEASE else f"HALL_LEASE_SECONDS is {found}, below {SHORTEST_LEASE}"


def news_stays_out_of_the_house() -> str | None:
    """Whoever registers an endpoint could have the hall knock at its own doors."""
    return "HALL_HOOKS_LOOPBACK is on" if settings.HALL_HOOKS_LOOPBACK else None


RULES: tuple[tuple[str, Rule], ...] = (
    ("hall.E001", debug_is_off),
    ("hall.E002", demo_is_off),
    ("hall.E003", secret_is_secret),
    ("hall.E004", database_is_postgresql),
    ("hall.E005", treasury_is_real),
    ("hall.E006", signer_is_real),
    ("hall.E007", signing_key_stays_with_the_device_worker),
    ("hall.E008", tasks_survive_their_worker),
    ("hall.E009", workers_take_one_task_at_a_time),
    ("hall.E010", messages_are_json),
    ("hall.E011", visibility_outlasts_tasks),
    ("hall.E012", shutdown_is_soft),
    ("hall.E013", broker_asks_for_a_password),
    ("hall.E014", uploads_are_not_public),
    ("hall.E015", time_zone_is_the_bureau_s),
    ("hall.E016", failpoints_are_off),
    ("hall.E017", leases_outlast_visits),
    ("hall.E018", news_stays_out_of_the_house),
    ("hall.E019", scanner_is_real),
    ("hall.E020", texts_reach_telephones),
)


def _adapter_problem(variable: str, path: str, *, demo_parts: Sequence[str]) -> str | None:
    if not path:
        return f"{variable} is not set"
    if any(part in path for part in demo_parts):
        return f"{variable} names a demo adapter ({path})"
    try:
        import_string(path)
    except ImportError as error:
        return f"{variable} cannot be loaded: {error}"
    return None


def problems() -> list[CheckMessage]:
    """Return what keeps these settings from being production's."""
    found = [(code, rule, rule()) for code, rule in RULES]
    return [Error(text, hint=rule.__doc__, id=code) for code, rule, text in found if text]


@register(deploy=True)
def check_production(**_options: Any) -> list[CheckMessage]:
    """Report the problems to `manage.py check --deploy`."""
    return problems()


def refuse_unsafe_start() -> None:
    """Stop a production process that would run with demo parts or broken guarantees.

    Servers and workers do not run Django's checks on their own. Raises: ImproperlyConfigured.
    """
    if not settings.HALL_PRODUCTION:
        return
    if found := problems():
        listed = "\n".join(f"  {each.id}: {each.msg}" for each in found)
        raise ImproperlyConfigured(f"the hall does not start with these settings:\n{listed}")
