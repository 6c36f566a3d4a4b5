"""The officers' decisions and notes, and the letter a decision would send."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import services as account_services
from clearcard import selectors, services
from clearcard.decision_forms import marked_items
from clearcard.models import ClearCardCase
from clearcard.rules import letters
from clearcard.shapes import Letter
from clearcard.views.review import act, find_case, officer_of, run_act, show_review
from taxhall.common.web import officer_required, whole_number


@act
@officer_required
def note(request: HttpRequest, number: str) -> HttpResponse:
    """Write an internal note."""

    def write(case: ClearCardCase) -> None:
        services.add_internal_note(actor=officer_of(request), case=case, text=request.POST.get("text", ""))

    return run_act(request, number, write, _("备注已保存。"), form="note")


@act
@officer_required
def approve(request: HttpRequest, number: str) -> HttpResponse:
    """Approve what was shown, after a fresh proof of who approves."""

    def decide(case: ClearCardCase) -> None:
        account_services.require_confirmed(
            request=request, code=request.POST.get("code", "").strip(), act=f"clearcard.approve:{case.number}"
        )
        note = request.POST.get("note", "")
        services.approve_case(actor=officer_of(request), case=case, note=note, **_seen(request))

    return run_act(request, number, decide, _("您的审核意见已保存。"), form="approve")


@act
@officer_required
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    """Return the application with the marked items."""

    def decide(case: ClearCardCase) -> None:
        items = marked_items(request.POST.dict(), request.POST.getlist("target"))
        note = request.POST.get("note", "").strip()
        services.return_case(actor=officer_of(request), case=case, items=items, note=note, **_seen(request))

    return run_act(request, number, decide, _("已退回补正，纳税人会收到通知。"), form="return")


@act
@officer_required
def reject(request: HttpRequest, number: str) -> HttpResponse:
    """Refuse the application for good."""

    def decide(case: ClearCardCase) -> None:
        reason, text = request.POST.get("reason", ""), request.POST.get("text", "")
        services.reject_case(actor=officer_of(request), case=case, reason_code=reason, text=text, **_seen(request))

    return run_act(request, number, decide, _("已驳回，纳税人会收到通知。"), form="reject")


@act
@officer_required
def settle(request: HttpRequest, number: str) -> HttpResponse:
    """Let a clear whose disk cannot tell its outcome be sent again, on evidence, after a fresh proof of identity."""

    def decide(case: ClearCardCase) -> None:
        account_services.require_confirmed(
            request=request, code=request.POST.get("code", "").strip(), act=f"clearcard.settle:{case.number}"
        )
        evidence, version = request.POST.get("evidence", ""), _seen(request)["version"]
        services.settle_as_never_run(actor=officer_of(request), case=case, version=version, evidence=evidence)

    return run_act(request, number, decide, _("已记录认定依据，清卡重新排队。"), form="settle")


@act
@officer_required
def transfer(request: HttpRequest, number: str) -> HttpResponse:
    """Hand the application on to another officer of the district."""

    def hand_on(case: ClearCardCase) -> None:
        receiver = selectors.list_receivers(case=case, actor=officer_of(request)).filter(pk=_chosen(request)).first()
        reason = request.POST.get("reason", "")
        services.transfer_case(actor=officer_of(request), case=case, receiver=receiver, reason=reason)

    return run_act(request, number, hand_on, _("已转交，接收人的工作台上会有消息。"), form="transfer")


def _chosen(request: HttpRequest) -> int:
    return whole_number(request.POST.get("receiver", ""))


@act
@officer_required
def letter(request: HttpRequest, number: str, form: str) -> HttpResponse:
    """Show the letter as it would be sent now; nothing is decided and nothing is kept."""
    case = find_case(request, number)
    if form not in ("return", "reject"):
        raise Http404
    if request.method != "POST":
        return redirect("admin:clearcard-review", number)
    written = _letter(request, case, form)
    if request.headers.get("HX-Request"):
        return render(request, "console/_letter.html", {"letter": written})
    return show_review(request, case, form=form, letter=written)


def _letter(request: HttpRequest, case: ClearCardCase, form: str) -> Letter | None:
    """Return the letter; None while there is nothing to tell."""
    if form == "reject":
        reason, text = request.POST.get("reason", ""), request.POST.get("text", "")
        return letters.reject_letter(number=case.number, reason_code=reason, text=text) if reason or text else None
    items = marked_items(request.POST.dict(), request.POST.getlist("target"))
    return letters.return_letter(number=case.number, items=items, note=request.POST.get("note", "")) if items else None


def _seen(request: HttpRequest) -> dict[str, Any]:
    """Return which content the officer had on the screen."""
    return {"version": whole_number(request.POST.get("version", "")), "digest": request.POST.get("digest", "")}
