"""An officer's own messages in the console."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts import selectors, services
from accounts.http import safe_next
from accounts.models import User
from taxhall.common.web import officer_required


def officer_of(request: HttpRequest) -> User:
    """Return the officer; the guard of every page has made sure that there is one."""
    return cast(User, request.user)


@require_POST
@officer_required
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a message off the desk and go where it points."""
    officer = officer_of(request)
    notice = selectors.get_staff_notice(officer=officer, pk=pk)
    services.mark_staff_notices_read(actor=officer, pks=[notice.pk])
    return redirect(safe_next(request, notice.link) or "admin:index")


@require_POST
@officer_required
def notices_read(request: HttpRequest) -> HttpResponse:
    """Take every message off the desk."""
    services.mark_staff_notices_read(actor=officer_of(request))
    return redirect("admin:index")
