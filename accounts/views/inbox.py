"""Messages of the company in sight."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors, services
from accounts.http import TaxpayerRequest, safe_next
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 20


@require_safe
@taxpayer_required
def inbox(request: TaxpayerRequest) -> HttpResponse:
    """List the messages, newest first."""
    pages = Paginator(selectors.list_notices(taxpayer=request.taxpayer), PAGE_SIZE)
    context = {
        "page_obj": pages.get_page(request.GET.get("page")),
        "unread": selectors.unread_count(taxpayer=request.taxpayer),
    }
    return render(request, "accounts/inbox.html", context)


@require_POST
@taxpayer_required
def notice_open(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Mark a message as read and go where it points."""
    notice = selectors.get_notice(taxpayer=request.taxpayer, pk=pk)
    services.mark_notice_read(actor=request.user, notice=notice)
    return redirect(safe_next(request, notice.link) or "accounts:inbox")


@require_POST
@taxpayer_required
def notices_read(request: TaxpayerRequest) -> HttpResponse:
    """Mark every message as read."""
    services.mark_notices_read(actor=request.user, taxpayer=request.taxpayer)
    return redirect("accounts:inbox")
