"""Red confirmations of digital invoices: asked for, answered, withdrawn, and the red invoice made of them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invoicing import selectors, services
from invoicing.choices import ConfirmationSide, ConfirmationState
from invoicing.http import TaxpayerRequest
from invoicing.models import Invoice, RedConfirmation
from invoicing.red_forms import AnswerForm, ReceivedForm, RedInvoiceForm
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError, NotFoundError
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 50
_TONES = {
    ConfirmationState.WAITING: "amber",
    ConfirmationState.CONFIRMED: "ok",
    ConfirmationState.USED: "plain",
    ConfirmationState.REFUSED: "red",
    ConfirmationState.WITHDRAWN: "grey",
    ConfirmationState.LAPSED: "grey",
}


def ask_confirmation(request: TaxpayerRequest, blue: Invoice, form: RedInvoiceForm) -> HttpResponse:
    """Ask for what a valid form says, and lead to the confirmation. Raises: as the service."""
    data = form.cleaned_data
    asked = services.Asked(data["reason"], data["key"], form.chosen, data["says_used"])
    made = services.request_confirmation(actor=request.user, taxpayer=request.taxpayer, blue=blue, asked=asked)
    _tell(request, made)
    return redirect("invoicing:confirmation-detail", made.number)


def _tell(request: TaxpayerRequest, made: RedConfirmation) -> None:
    """Say what came of it; a form that is sent again may find it answered, over or taken back."""
    state = _state_of(made)
    if state == ConfirmationState.WAITING:
        messages.success(request, _("已发起，等待对方确认。"))
    elif state == ConfirmationState.CONFIRMED and made.answered_at is None:
        messages.success(request, _("不需要对方确认，可以开具红字发票。"))
    else:
        words = _("这份确认单此前已发起，目前是“%(state)s”，没有再次发起。")
        messages.warning(request, words % {"state": state.label})


@require_safe
@taxpayer_required
def confirmation_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the confirmations in which the company is seller or buyer."""
    found = selectors.list_confirmations(visible_to=request.user, taxpayer=request.taxpayer)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [_row(request, each) for each in page.object_list]
    return render(request, "invoicing/confirmation_list.html", {"page_obj": page, "rows": rows})


def _state_of(each: RedConfirmation) -> ConfirmationState:
    """Return the state of this moment, whether or not it was noted that nobody answered in time."""
    return ConfirmationState.LAPSED if selectors.is_overdue(each, clock.now()) else ConfirmationState(each.state)


def _row(request: TaxpayerRequest, each: RedConfirmation) -> dict[str, object]:
    state = _state_of(each)
    is_own = selectors.side_of(each, request.taxpayer) == each.side
    # Whoever is waited for reads that it is them.
    word = state.label if is_own or state != ConfirmationState.WAITING else _("待您确认")
    return {
        "confirmation": each,
        "state": word,
        "tone": _TONES[state],
        "is_own": is_own,
        "is_over": selectors.is_overdue(each, clock.now()),
    }


@require_safe
@taxpayer_required
def confirmation_detail(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Show one confirmation to either side, and what that side can do about it."""
    return _show(request, _find(request, number))


def _show(
    request: TaxpayerRequest, found: RedConfirmation, form: AnswerForm | None = None, *, status: int = 200
) -> HttpResponse:
    row = _row(request, found)
    is_seller = found.taxpayer_id == request.taxpayer.pk
    is_outside = found.buyer_id is None and found.side == ConfirmationSide.SELLER
    waits = found.state == ConfirmationState.WAITING and not row["is_over"]
    may_answer = waits and (not row["is_own"] or is_outside)
    context = row | {
        "is_seller": is_seller,
        "is_outside": is_outside,
        "waits": waits,
        "form": (form or AnswerForm(is_outside=is_outside)) if may_answer else None,
        "may_withdraw": row["is_own"] and found.is_open and not row["is_over"] and found.red_id is None,
        "may_issue": is_seller and found.state == ConfirmationState.CONFIRMED,
    }
    return render(request, "invoicing/confirmation_detail.html", context, status=status)


@require_POST
@taxpayer_required
def confirmation_answer(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Confirm or refuse for the other side."""
    found = _find(request, number)
    form = AnswerForm(request.POST, is_outside=found.buyer_id is None)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    agrees = request.POST.get("answer") == "agree"
    try:
        services.answer_confirmation(
            actor=request.user, taxpayer=request.taxpayer, confirmation=found, agrees=agrees, **form.cleaned_data
        )
    except InvalidInputError as error:
        form.add_domain_error(error)
        return _show(request, found, form, status=422)
    messages.success(request, _("已确认，销售方可以开具红字发票。") if agrees else _("已答复不同意。"))
    return redirect("invoicing:confirmation-detail", number)


@require_POST
@taxpayer_required
def confirmation_withdraw(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Take a confirmation back that led to no red invoice yet."""
    services.withdraw_confirmation(actor=request.user, taxpayer=request.taxpayer, confirmation=_find(request, number))
    messages.success(request, _("确认单已撤销，原发票没有变化。"))
    return redirect("invoicing:confirmation-detail", number)


@require_POST
@taxpayer_required
def confirmation_issue(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Write the red draft that a confirmation allows; a draft that it led to already is opened again."""
    found = _find(request, number)
    if found.taxpayer_id != request.taxpayer.pk:
        raise NotFoundError(_("没有找到这份确认单。"))
    red = found.red or services.draft_red(
        actor=request.user, blue=found.blue, reason=found.reason, key=_draft_key(found), confirmation=found
    )
    return redirect("invoicing:invoice-issue", red.pk)


def _draft_key(found: RedConfirmation) -> uuid.UUID:
    """Return the key of the one draft of a confirmation, so that a double click writes one."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"confirmation:{found.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def received_find(request: TaxpayerRequest) -> HttpResponse:
    """Ask a buyer for the number of the digital invoice that is to be taken back."""
    form = ReceivedForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        number = form.cleaned_data["number"]
        try:
            selectors.find_received(visible_to=request.user, taxpayer=request.taxpayer, number=number)
        except NotFoundError as error:
            form.add_error("number", f"{error.message}{error.next_step}")
        else:
            return redirect("invoicing:received-red", number)
    return render(request, "invoicing/received_find.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def received_red(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Let a buyer that has used a digital invoice ask for it to be taken back."""
    blue = selectors.find_received(visible_to=request.user, taxpayer=request.taxpayer, number=number)
    units = selectors.red_units(blue)
    data = request.POST if request.method == "POST" else None
    form = RedInvoiceForm(data, units=units, is_special=False, is_digital=True)
    if form.is_bound and form.is_valid():
        try:
            return ask_confirmation(request, blue, form)
        except InvalidInputError as error:
            form.add_domain_error(error)
    context = {"invoice": blue, "form": form, "standing": selectors.open_confirmation(blue)}
    return render(request, "invoicing/received_red.html", context, status=422 if form.errors else 200)


def _find(request: TaxpayerRequest, number: str) -> RedConfirmation:
    return selectors.get_confirmation(visible_to=request.user, taxpayer=request.taxpayer, number=number)
