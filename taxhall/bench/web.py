"""The web application of a bench: the hall as it is, and beside it, in the same process, one bare page.

Served by gunicorn (`taxhall.bench.web:application`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

hall = get_wsgi_application()

from taxhall.bench.bare import BARE_PATH, BareHandler  # noqa: E402  (needs the applications loaded)

WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]
bare = BareHandler()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Give the bare page at its address, the hall everywhere else."""
    chosen: WsgiApplication = bare if environ["PATH_INFO"] == BARE_PATH else hall
    return chosen(environ, start_response)
