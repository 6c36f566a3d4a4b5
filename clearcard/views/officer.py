"""The officers' console: desk, queue and the review page (U-60 to U-62)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import selectors as account_selectors
from clearcard import presentation, selectors, services
from clearcard.models import ClearCardCase
from clearcard.views.review import act, find_case, note_opened, officer_of, run_act, show_review
from taxhall.common import clock
from taxhall.common.web import officer_required

PAGE_SIZE = 50


@require_safe
@officer_required
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for this officer, the oldest first, and the numbers of the day."""
    officer = officer_of(request)
    mine = selectors.officer_queue(visible_to=officer, view="mine")[:7]
    oldest = selectors.officer_queue(visible_to=officer, view="open")[:7]
    context = {
        "console_page": "home",
        "notices": account_selectors.list_staff_notices(officer=officer)[:10],
        "views": presentation.queue_views(officer),
        "other_work": presentation.other_work(officer),
        "day": selectors.officer_day(visible_to=officer),
        "mine": presentation.queue_rows(mine, officer),
        "rows": presentation.queue_rows(oldest, officer),
    }
    return render(request, "console/home.html", context)


@require_safe
@officer_required
def queue(request: HttpRequest) -> HttpResponse:
    """List the applications of one view, a page at a time."""
    officer, view = officer_of(request), presentation.known_view(request.GET.get("view", "open"))
    pages = Paginator(selectors.officer_queue(visible_to=officer, view=view), PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "console_page": "queue",
        "views": presentation.queue_views(officer),
        "current_view": view,
        "page_obj": page,
        "rows": presentation.queue_rows(page.object_list, officer),
        "query": urlencode({"view": view}),
        "looked_at": clock.now().isoformat(),
    }
    return render(request, "console/queue.html", context)


@require_safe
@officer_required
def queue_news(request: HttpRequest) -> HttpResponse:
    """Say how many applications came into the view since the page was opened; rows never move by themselves."""
    view = presentation.known_view(request.GET.get("view", "open"))
    since = _moment(request.GET.get("since", ""))
    arrived = selectors.arrived_since(visible_to=officer_of(request), view=view, since=since)
    context = {"arrived": arrived, "current_view": view, "looked_at": since.isoformat()}
    return render(request, "console/_queue_news.html", context)


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    return found if found is not None and timezone.is_aware(found) else clock.now()


@require_safe
@officer_required
def review(request: HttpRequest, number: str) -> HttpResponse:
    """Show one application with everything a decision needs."""
    case = find_case(request, number)
    note_opened(request, case)
    return show_review(request, case)


@act
@officer_required
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """Take the application for a limited time, and go on to it."""

    def take(case: ClearCardCase) -> None:
        services.claim_case(actor=officer_of(request), case=case)

    return run_act(request, number, take, _("您已认领这份申请。"))


@act
@officer_required
def release(request: HttpRequest, number: str) -> HttpResponse:
    """Give the application back to the queue."""

    def give_back(case: ClearCardCase) -> None:
        services.release_case(actor=officer_of(request), case=case)

    answer = run_act(request, number, give_back, _("已释放，其他人可以认领。"))
    from_queue = request.method == "POST" and request.POST.get("from") == "queue"
    return redirect("admin:clearcard-queue") if from_queue and answer.status_code == 302 else answer
