"""Middleware of the hall."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from taxhall.common import correlation, web
from taxhall.common.errors import NotFoundError, TaxhallError

Handler = Callable[[HttpRequest], HttpResponse]

access_log = structlog.get_logger("taxhall.access")
# Asked every few seconds by machines; logging them would bury the rest.
QUIET_PATHS = frozenset({"/healthz", "/readyz", "/agent/poll"})


class RequestLogMiddleware:
    """Give the request a number, send it back with the answer, and log one line per request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A number of our own: what a client sends would let it write into somebody else's trail.
        number, started = correlation.start(), time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = number
        if request.path not in QUIET_PATHS:
            self._log(request, response, time.perf_counter() - started)
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        # Neither the query string nor the body: both may hold what people typed.
        user = getattr(request, "user", None)
        access_log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            user=getattr(user, "pk", None),
        )


class HallErrorMiddleware:
    """Turn a domain error that escapes a view into a page that says what to do; refuse what is no address."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            # The database knows no such character, so nothing can have this address or be found by it.
            return web.render_error(request, NotFoundError(_("没有这个地址。")))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render a TaxhallError; leave everything else to Django."""
        if isinstance(exception, TaxhallError):
            return web.render_error(request, exception)
        return None
