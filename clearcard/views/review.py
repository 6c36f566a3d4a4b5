"""The review page itself, and how every act on it ends: done and shown, or refused with everything kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import policies as account_policies
from accounts import services as account_services
from accounts.models import User
from clearcard import policies, presentation, review_rows, selectors
from clearcard.choices import RejectReason
from clearcard.decision_forms import (
    PHRASES,
    ApproveForm,
    DecisionForm,
    NoteForm,
    RejectForm,
    ReturnForm,
    SettleForm,
    TransferForm,
    marked_items,
    return_rows,
)
from clearcard.models import ClearCardCase
from clearcard.shapes import Letter, ReviewPicture
from taxhall.common.errors import TaxhallError

# What was typed wrongly is told at its place; everything else is told as what became of the application.
_OPENED, _KEPT = "clearcard_opened", 100
AT_THE_FIELD = (422, 429)
act = require_http_methods(["GET", "HEAD", "POST"])


def officer_of(request: HttpRequest) -> User:
    """Return the officer; the guard of every page has made sure that there is one."""
    return cast(User, request.user)


def find_case(request: HttpRequest, number: str) -> ClearCardCase:
    """Return a case of the officer's district. Raises: CaseNotFoundError, the same for absent and for another's."""
    return selectors.get_case(visible_to=officer_of(request), number=number)


def opened_digests(request: HttpRequest) -> set[str]:
    """Return the contents whose review page the officer opened in this session."""
    return set(request.session.get(_OPENED, ()))


def note_opened(request: HttpRequest, case: ClearCardCase) -> None:
    """Remember that the content was on the screen: a batch asks for a sample that was opened."""
    opened = request.session.get(_OPENED, [])
    if case.snapshot_digest not in opened:
        request.session[_OPENED] = [*opened, case.snapshot_digest][-_KEPT:]


def run_act(
    request: HttpRequest, number: str, service: Callable[[ClearCardCase], object], done: str, *, form: str = ""
) -> HttpResponse:
    """Call one service; what it refuses comes back on the same page with everything typed kept.

    The address of an act shows the page when it is only opened: by reload, or on the way back from a sign-in.
    """
    case = find_case(request, number)
    if request.method != "POST":
        return redirect("admin:clearcard-review", number)
    try:
        service(case)
    except TaxhallError as error:
        return show_review(request, find_case(request, number), form=form, error=error)
    messages.success(request, done)
    return redirect("admin:clearcard-review", number)


def show_review(
    request: HttpRequest,
    case: ClearCardCase,
    *,
    form: str = "",
    error: TaxhallError | None = None,
    letter: Letter | None = None,
) -> HttpResponse:
    """Render the page; `form` names the form that was sent, with what was refused or previewed."""
    officer = officer_of(request)
    picture = selectors.review_picture(case=case, actor=officer)
    context = {
        "console_page": "queue",
        "case": case,
        "picture": picture,
        "words": selectors.status_words(case),
        "in_emergency": account_policies.has_emergency(officer, case.taxpayer),
        "due": selectors.expected_by(case),
        "waiting_words": presentation.waiting_words(case),
        "is_late": presentation.is_late(case, selectors.late_submission_day()),
        **_content(picture),
        **_decision(request, picture, form=form, error=error),
        "letter": letter,
        "letter_form": form if letter else "",
    }
    return render(request, "console/review.html", context, status=error.status if error else 200)


def _content(picture: ReviewPicture) -> dict[str, Any]:
    case = picture.case
    changed = [each for each in picture.changes if each.word != _("同")]
    return {
        "submitted_rows": review_rows.submitted_rows(picture),
        "shown_checks": picture.snapshot.get("checks", ()),
        "checks": review_rows.check_rows(picture),
        "moved_rows": review_rows.moved_rows(picture) if policies.is_open_for_decision(case) else [],
        "changed": changed,
        "unchanged": [each for each in picture.changes if each not in changed],
        "lane_reasons": "；".join(case.lane_reasons),
        "decision_rows": review_rows.decision_rows(case),
    }


def _decision(request: HttpRequest, picture: ReviewPicture, *, form: str, error: TaxhallError | None) -> dict[str, Any]:
    """Return what the end of the page needs: may the officer decide, who has the claim, the forms as typed."""
    case, officer = picture.case, officer_of(request)
    can_decide = policies.is_open_for_decision(case) and not picture.why_no_form
    may_note = policies.can_decide_case(officer, case)
    claim = presentation.claim_of(case, officer)
    is_offered = can_decide and claim is not None and claim["is_mine"]
    may_transfer = policies.is_open_for_decision(case) and not policies.why_not_transfer(officer, case, timezone.now())
    may_settle = policies.waits_for_evidence(case) and policies.can_decide_case(officer, case)
    stays = {"note": may_note, "transfer": may_transfer, "settle": may_settle}.get(form, is_offered)
    at_field = error if error and stays and (error.status in AT_THE_FIELD or "code" in error.fields) else None
    targets = request.POST.getlist("target")
    items = return_rows(request.POST.dict(), targets, refused=form == "return" and at_field is not None)
    forms = _forms(request, form, at_field)
    if may_transfer:
        forms["transfer"] = _transfer_form(request, case, form, at_field)
    return {
        "can_decide": can_decide,
        "may_note": may_note,
        "may_transfer": may_transfer,
        "may_settle": may_settle,
        "claim": claim,
        "is_offered": is_offered,
        "forms": forms,
        "return_items": items,
        "problems": _problems(forms.get(form), items),
        "phrases": PHRASES,
        "open_form": form,
        "refusal": None if at_field else error,
        "happened": review_rows.what_happened(case, officer) if error and error.status == 409 else "",
        "typed": _typed(request, form) if error and not stays else [],
    }


def _forms(request: HttpRequest, sent: str, error: TaxhallError | None) -> dict[str, DecisionForm]:
    """Return the forms; the one that was sent holds what was typed and what was refused."""

    def typed(name: str) -> dict[str, Any]:
        # Only a refusal binds the form: a preview must not complain of what is still to be written.
        is_refused = name == sent and error is not None
        return {"data": request.POST} if is_refused else {"initial": request.POST.dict() if name == sent else {}}

    asks_code = not account_services.is_confirmed(request=request)
    forms: dict[str, DecisionForm] = {
        "note": NoteForm(**typed("note")),
        "approve": ApproveForm(**typed("approve"), asks_code=asks_code),
        "return": ReturnForm(**typed("return")),
        "reject": RejectForm(**typed("reject")),
        "settle": SettleForm(**typed("settle"), asks_code=asks_code),
    }
    if error is not None and sent in forms:
        forms[sent].refuse(error)
    return forms


def _transfer_form(request: HttpRequest, case: ClearCardCase, sent: str, error: TaxhallError | None) -> TransferForm:
    typed = {"data": request.POST} if sent == "transfer" and error is not None else {}
    found = TransferForm(receivers=selectors.list_receivers(case=case, actor=officer_of(request)), **typed)
    if error is not None and sent == "transfer":
        found.refuse(error)
    return found


def _problems(form: DecisionForm | None, items: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return what was refused at a field, each with the place it is mended."""
    if form is None:
        return []
    lacking = [f"words-{place}" for place, item in enumerate(items, start=1) if item["lacks_words"]]
    fallback = lacking[0] if lacking else "return-items"
    return [
        {"target": form[name].id_for_label if name in form.fields else fallback, "message": str(message)}
        for name, messages in form.errors.items()
        for message in messages
    ]


def _typed(request: HttpRequest, form: str) -> list[dict[str, str]]:
    """Return what was typed into a form that is not on offer any more, so that nothing is lost."""
    note_key = _("审核意见") if form == "approve" else _("总体说明")
    rows = [{"key": note_key, "value": request.POST.get("note", "")}]
    if form == "note":
        rows = [{"key": _("备注内容"), "value": request.POST.get("text", "")}]
    if form == "transfer":
        rows = [{"key": _("转交原因"), "value": request.POST.get("reason", "")}]
    if form == "return":
        items = marked_items(request.POST.dict(), request.POST.getlist("target"))
        rows += review_rows.returned_rows([{"target": each.target, "words": each.words} for each in items])
    if form == "reject":
        code = request.POST.get("reason", "")
        rows += [
            {"key": _("驳回原因"), "value": str(RejectReason(code).label) if code in RejectReason.values else ""},
            {"key": _("具体理由"), "value": request.POST.get("text", "")},
        ]
    return [row for row in rows if row["value"]]
