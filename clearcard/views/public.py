"""The public check of a certificate (U-38); needs no account and shows masked facts only."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clearcard import selectors
from clearcard.selectors.certificate import is_certificate_code
from clearcard.shapes import CertificateCheck


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the verification code, or go to the answer for the one that was entered."""
    code = request.GET.get("code", "").strip()
    if not code:
        is_empty = "code" in request.GET
        return render(request, "clearcard/verify.html", {"is_empty": is_empty}, status=422 if is_empty else 200)
    if is_certificate_code(code):
        return redirect("verify-result", code)
    # No code of ours looks like this, and not every text fits into an address.
    return _answer(request, selectors.verify_certificate(code), code)


@require_safe
def verify_result(request: HttpRequest, token: str) -> HttpResponse:
    """Say whether the certificate is genuine."""
    return _answer(request, selectors.verify_certificate(token), token)


def _answer(request: HttpRequest, check: CertificateCheck, code: str) -> HttpResponse:
    status = 404 if check.data["status"] == "absent" else 200
    return render(request, "clearcard/verify.html", {"check": check, "code": code}, status=status)
