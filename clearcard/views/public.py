"""The public check of a certificate (U-38); needs no account and shows masked facts only."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clearcard import selectors


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the verification code, or go to the answer for the one that was entered."""
    token = request.GET.get("code", "").strip()
    return redirect("verify-result", token) if token else render(request, "clearcard/verify.html")


@require_safe
def verify_result(request: HttpRequest, token: str) -> HttpResponse:
    """Say whether the certificate is genuine."""
    check = selectors.verify_certificate(token)
    return render(
        request, "clearcard/verify.html", {"check": check, "code": token}, status=200 if check.is_valid else 404
    )
