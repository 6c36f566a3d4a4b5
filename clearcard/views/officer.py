"""The officers' console: desk, queue and review (U-60 to U-62)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from clearcard import policies, selectors, services
from clearcard.decision_forms import ApproveForm, NoteForm, RejectForm, ReturnForm, marked_items, return_rows
from clearcard.models import ClearCardCase
from clearcard.presentation import queue_rows, queue_views, submitted_rows
from taxhall.common.errors import TaxhallError
from taxhall.common.web import officer_required

PAGE_SIZE = 50


def _officer(request: HttpRequest) -> User:
    """Return the officer; the guard of every page has made sure that there is one."""
    return cast(User, request.user)


def _find(request: HttpRequest, number: str) -> ClearCardCase:
    return selectors.get_case(visible_to=_officer(request), number=number)


@require_safe
@officer_required
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for this officer, the oldest first."""
    oldest = selectors.officer_queue(visible_to=_officer(request), view="open")[:7]
    context = {"console_page": "home", "views": queue_views(_officer(request)), "rows": queue_rows(oldest)}
    return render(request, "console/home.html", context)


@require_safe
@officer_required
def queue(request: HttpRequest) -> HttpResponse:
    """List the applications of one view, a page at a time."""
    view = request.GET.get("view", "open")
    page = Paginator(selectors.officer_queue(visible_to=_officer(request), view=view), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "console_page": "queue",
        "views": queue_views(_officer(request)),
        "current_view": view,
        "page_obj": page,
        "rows": queue_rows(page.object_list),
        "query": f"view={view}",
    }
    return render(request, "console/queue.html", context)


@require_safe
@officer_required
def review(request: HttpRequest, number: str) -> HttpResponse:
    """Show one application with everything a decision needs."""
    return _review_page(request, _find(request, number))


@require_safe
@officer_required
def material(request: HttpRequest, number: str, pk: int) -> HttpResponse | FileResponse:
    """Hand out one paper, by download only."""
    paper = selectors.get_material(case=_find(request, number), pk=pk)
    return FileResponse(
        paper.file.open("rb"), as_attachment=True, filename=paper.original_name, content_type=paper.media_type
    )


@require_POST
@officer_required
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """Take the application for a limited time."""
    return _act(
        request, number, lambda case: services.claim_case(actor=_officer(request), case=case), _("您已认领这份申请。")
    )


@require_POST
@officer_required
def release(request: HttpRequest, number: str) -> HttpResponse:
    """Give the application back to the queue."""
    return _act(
        request,
        number,
        lambda case: services.release_case(actor=_officer(request), case=case),
        _("已释放，其他人可以认领。"),
    )


@require_POST
@officer_required
def note(request: HttpRequest, number: str) -> HttpResponse:
    """Write an internal note."""
    text = request.POST.get("text", "")
    return _act(
        request,
        number,
        lambda case: services.add_internal_note(actor=_officer(request), case=case, text=text),
        _("备注已保存。"),
    )


@require_POST
@officer_required
def approve(request: HttpRequest, number: str) -> HttpResponse:
    """Approve what was shown."""
    seen = _seen(request) | {"note": request.POST.get("note", "")}
    return _act(
        request,
        number,
        lambda case: services.approve_case(actor=_officer(request), case=case, **seen),
        _("您的审核意见已保存。"),
    )


@require_POST
@officer_required
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    """Return the application with the marked items."""
    items = marked_items(request.POST.dict(), request.POST.getlist("target"))
    seen = _seen(request) | {"items": items, "note": request.POST.get("note", "")}
    return _act(
        request,
        number,
        lambda case: services.return_case(actor=_officer(request), case=case, **seen),
        _("已退回补正，纳税人会收到通知。"),
        form="return",
    )


@require_POST
@officer_required
def reject(request: HttpRequest, number: str) -> HttpResponse:
    """Refuse the application for good."""
    words = {name: request.POST.get(name, "") for name in ("reason_code", "text")}
    seen = _seen(request) | words
    return _act(
        request,
        number,
        lambda case: services.reject_case(actor=_officer(request), case=case, **seen),
        _("已驳回，纳税人会收到通知。"),
        form="reject",
    )


def _seen(request: HttpRequest) -> dict[str, Any]:
    """Return which content the officer had on the screen."""
    version = request.POST.get("version", "")
    return {"version": int(version) if version.isdigit() else 0, "digest": request.POST.get("digest", "")}


def _act(
    request: HttpRequest, number: str, service: Callable[[ClearCardCase], object], done: str, *, form: str = ""
) -> HttpResponse:
    """Call one service; what it refuses comes back on the same page with everything typed kept."""
    case = _find(request, number)
    try:
        service(case)
    except TaxhallError as error:
        return _review_page(request, _find(request, number), error=error, form=form)
    messages.success(request, done)
    return redirect("admin:clearcard-review", number)


def _review_page(
    request: HttpRequest, case: ClearCardCase, *, error: TaxhallError | None = None, form: str = ""
) -> HttpResponse:
    picture = selectors.review_picture(case=case, actor=_officer(request))
    targets = request.POST.getlist("target")
    context = {
        "console_page": "queue",
        "case": case,
        "picture": picture,
        "words": selectors.status_words(case),
        "submitted_rows": submitted_rows(picture),
        "ordered_rows": (*picture.submitted.different_rows, *picture.submitted.equal_rows),
        "lane_reasons": "；".join(case.lane_reasons),
        "can_decide": policies.is_open_for_decision(case),
        "claimed_by_me": case.claimed_by_id == _officer(request).pk,
        "note_form": NoteForm(),
        "approve_form": ApproveForm(initial=request.POST.dict()),
        "return_form": ReturnForm(initial=request.POST.dict()),
        "reject_form": RejectForm(initial=request.POST.dict()),
        "return_items": return_rows(request.POST.dict(), targets),
        "open_form": form,
        "form_error": error and {"messages": _messages(error), "next_step": error.next_step},
    }
    return render(request, "console/review.html", context, status=error.status if error else 200)


def _messages(error: TaxhallError) -> list[str]:
    details = [str(each) for messages_ in error.fields.values() for each in messages_]
    return details or [str(error.message)]
