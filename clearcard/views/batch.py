"""Approving harmless applications together (U-63): tick, look at the list, confirm, read what became of each."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import services as account_services
from clearcard import policies, presentation, selectors, services
from clearcard.decision_forms import BatchForm
from clearcard.models import ClearCardCase
from clearcard.rules import batch as batch_rules
from clearcard.shapes import SeenCase
from clearcard.views.review import act, officer_of, opened_digests
from taxhall.common.errors import TaxhallError
from taxhall.common.web import officer_required, whole_number

PAGE_SIZE = 50


@require_safe
@officer_required
def batch(request: HttpRequest) -> HttpResponse:
    """List what waits, each with a box or with why it has none."""
    officer = officer_of(request)
    page = Paginator(selectors.batch_candidates(visible_to=officer), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "console_page": "queue",
        "page_obj": page,
        "rows": _rows(page.object_list, request),
        "may_decide": policies.can_decide_cases(officer),
        "largest": batch_rules.LARGEST,
    }
    return render(request, "console/batch.html", context)


@require_safe
@officer_required
def confirm(request: HttpRequest) -> HttpResponse:
    """List every ticked application with its amount, and the ones to open first."""
    cases = selectors.listed_cases(visible_to=officer_of(request), numbers=request.GET.getlist("case"))
    return (
        _confirm_page(request, [case for case in cases if not selectors.why_not_batch(case)])
        if cases
        else redirect("admin:clearcard-batch")
    )


@act
@officer_required
def approve(request: HttpRequest) -> HttpResponse:
    """Approve what the list showed, after a fresh proof of who approves; tell what became of each."""
    if request.method != "POST":
        return redirect("admin:clearcard-batch")
    seen = [found for text in request.POST.getlist("seen") if (found := _seen(text))]
    try:
        code = request.POST.get("code", "").strip()
        account_services.require_confirmed(request=request, code=code, act="clearcard.approve_batch")
        outcomes = services.approve_batch(
            actor=officer_of(request), seen=seen, opened=opened_digests(request), note=request.POST.get("note", "")
        )
    except TaxhallError as error:
        numbers = [each.number for each in seen]
        return _confirm_page(request, selectors.listed_cases(visible_to=officer_of(request), numbers=numbers), error)
    done = [each for each in outcomes if each.is_done]
    context = {"console_page": "queue", "done": done, "left_out": [each for each in outcomes if not each.is_done]}
    return render(request, "console/batch_done.html", context)


def _confirm_page(request: HttpRequest, cases: list[ClearCardCase], error: TaxhallError | None = None) -> HttpResponse:
    opened = opened_digests(request)
    picked = batch_rules.sample([case.snapshot_digest for case in cases])
    rows = [row | {"is_sample": row["case"].snapshot_digest in picked} for row in _rows(cases, request)]
    for row in rows:
        row["is_opened"] = row["case"].snapshot_digest in opened
    asks_code = not account_services.is_confirmed(request=request)
    form = BatchForm(request.POST, asks_code=asks_code) if error else BatchForm(asks_code=asks_code)
    if error:
        form.refuse(error)
    context = {
        "console_page": "queue",
        "rows": rows,
        "form": form,
        "error": error,
        "may_send": all(row["is_opened"] for row in rows if row["is_sample"]),
    }
    return render(request, "console/batch_confirm.html", context, status=error.status if error else 200)


def _rows(cases: Any, request: HttpRequest) -> list[dict[str, Any]]:
    found = list(cases)
    rows = presentation.queue_rows(found, officer_of(request))
    return [row | {"why_not": _why_not(case, row["claim"])} for case, row in zip(found, rows, strict=True)]


def _why_not(case: ClearCardCase, claim: dict[str, Any] | None) -> str:
    if claim and not claim["is_mine"]:
        return presentation.claimed_words(claim)
    return selectors.why_not_batch(case)


def _seen(text: str) -> SeenCase | None:
    number, _sep, rest = text.partition(":")
    version, _sep, digest = rest.partition(":")
    seen = whole_number(version, otherwise=-1)
    return SeenCase(number, seen, digest) if seen >= 0 and digest else None
