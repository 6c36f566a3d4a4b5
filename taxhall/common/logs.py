"""Structured logs with the request's number, and personal numbers masked."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from taxhall.common import correlation

# What identifies a person or an account: mobile numbers, identity cards, bank accounts, taxpayer numbers.
# Disk serials (12 digits) and invoice numbers (8) stay readable: operators work with them.
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])("
    r"1[3-9]\d{9}"
    r"|\d{15,19}|\d{17}[Xx]"
    r"|[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}"
    r")(?![0-9A-Za-z])"
)
_KEEP = 4

Event = MutableMapping[str, Any]


def mask(text: str) -> str:
    """Hide the middle of every personal number in the text."""
    return _PERSONAL.sub(lambda found: f"{found[0][:_KEEP]}{'*' * 4}{found[0][-_KEEP:]}", text)


def mask_values(_logger: Any, _method: str, event: Event) -> Event:
    """Mask every string of a log event (structlog processor)."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = mask(value)
    return event


def add_request_id(_logger: Any, _method: str, event: Event) -> Event:
    """Say which request the event belongs to (structlog processor)."""
    if number := correlation.current_id():
        event.setdefault("request_id", number)
    return event


def configuration(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return Django's LOGGING: one stream, every library through the same processors."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_request_id,
    ]
    ending: list[Any] = (
        [structlog.processors.format_exc_info, mask_values, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [structlog.processors.format_exc_info, mask_values, structlog.dev.ConsoleRenderer(colors=False)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "hall": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "hall"}},
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            # Eight lines a document, none of use once it works.
            "weasyprint": {"level": "WARNING"},
            # Its own handlers would print the same events a second time.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
