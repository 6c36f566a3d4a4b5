"""An officer's own messages and settings in the console."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors, services
from accounts.http import safe_next
from accounts.models import User
from taxhall.common.web import CONSOLE_KEYS_COOKIE, officer_required

_YEAR = 365 * 24 * 3600
_LIST, _REVIEW, _PAPER, _ALL = _("申请列表"), _("审核页面"), _("查看材料"), _("所有页面")
KEYS = (
    ("j", _("下一份申请"), _LIST),
    ("k", _("上一份申请"), _LIST),
    ("o", _("打开所在的申请"), _LIST),
    ("c", _("认领"), _("申请列表、审核页面")),
    ("m", _("到材料"), _REVIEW),
    ("n", _("到三方比对；查看材料时为下一页"), _("审核页面、查看材料")),
    ("p", _("上一页"), _PAPER),
    ("d", _("到决定"), _REVIEW),
    ("u", _("返回上一级"), _("审核页面、查看材料")),
    ("?", _("本页"), _ALL),
)


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


@require_http_methods(["GET", "HEAD", "POST"])
@officer_required
def console_keys(request: HttpRequest) -> HttpResponse:
    """Tell which single keys there are, and turn them off or on for this browser (WCAG 2.1.4)."""
    if request.method != "POST":
        return render(request, "console/keys.html", {"console_page": "keys", "keys": KEYS})
    response = redirect("admin:console-keys")
    chosen = "off" if request.POST.get("keys") == "off" else "on"
    response.set_cookie(
        CONSOLE_KEYS_COOKIE, chosen, max_age=_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
    )
    return response
