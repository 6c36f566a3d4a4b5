"""The request as the pages of invoicing see it, and the answers that are files."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django_htmx.middleware import HtmxDetails

from accounts import http


class TaxpayerRequest(http.TaxpayerRequest):
    """A request after the guard: somebody is signed in and has a company in sight."""

    htmx: HtmxDetails


def pdf_response(content: bytes, *, name: str) -> HttpResponse:
    """Return a PDF to be looked at, kept nowhere on the way."""
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=name) or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response
