"""Middleware of the hall."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from taxhall.common import web
from taxhall.common.errors import TaxhallError


class HallErrorMiddleware:
    """Turn a domain error that escapes a view into a page that says what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render a TaxhallError; leave everything else to Django."""
        if isinstance(exception, TaxhallError):
            return web.render_error(request, exception)
        return None
