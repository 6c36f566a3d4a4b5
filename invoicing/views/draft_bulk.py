"""What is done with the drafts ticked in the list: ask first, then tell of each what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from devices import selectors as device_selectors
from invoicing import selectors, services
from invoicing.forms_drafts import MoveForm
from invoicing.http import TaxpayerRequest
from invoicing.models import Invoice
from taxhall.common.web import taxpayer_required

# Named on the page one by one; of more, how many there are.
NAMED = 20


@require_http_methods(["GET", "POST"])
@taxpayer_required
def drafts_discard(request: TaxpayerRequest) -> HttpResponse:
    """Ask, then remove the drafts that were ticked."""
    if request.method == "GET":
        return _ask(request, "invoicing/drafts_discard.html")
    done = services.discard_drafts(actor=request.user, taxpayer=request.taxpayer, pks=_picked(request.POST))
    return _tell(request, done, title=_("删除所选草稿"), words=_("已删除 %(count)d 份草稿。"))


@require_http_methods(["GET", "POST"])
@taxpayer_required
def drafts_move(request: TaxpayerRequest) -> HttpResponse:
    """Ask for the disk, then have the drafts that were ticked issued on it."""
    devices = {each.serial: each for each in device_selectors.list_devices(taxpayer=request.taxpayer).in_use()}
    choices = [(serial, str(each)) for serial, each in devices.items()]
    if request.method == "GET":
        return _ask(request, "invoicing/drafts_move.html", form=MoveForm(devices=choices))
    form = MoveForm(request.POST, devices=choices)
    if not form.is_valid():
        return _ask(request, "invoicing/drafts_move.html", form=form, status=422)
    device = devices[form.cleaned_data["device"]]
    done = services.move_drafts(actor=request.user, taxpayer=request.taxpayer, pks=_picked(request.POST), device=device)
    words = _("%(count)d 份草稿现在使用 %(device)s。")
    return _tell(request, done, title=_("改用设备"), words=words, device=device)


def _picked(sent: QueryDict) -> list[int]:
    """Return what was ticked; each stands in the list twice, as a row and as a card."""
    return sorted({int(pk) for pk in sent.getlist("pk") if pk.isascii() and pk.isdecimal() and len(pk) < 19})


def _ask(request: TaxpayerRequest, template: str, *, form: Any = None, status: int = 200) -> HttpResponse:
    pks = _picked(request.GET if request.method == "GET" else request.POST)
    visible = selectors.visible_invoices(visible_to=request.user, taxpayer=request.taxpayer)
    found: list[Invoice] = list(visible.filter(pk__in=pks).select_related("device").order_by("pk"))
    drafts = [each for each in found if each.is_draft]
    context = {
        "drafts": drafts,
        "count": len(drafts),
        "named": drafts[:NAMED],
        "rest": max(0, len(drafts) - NAMED),
        "others": len(found) - len(drafts),
        "form": form,
    }
    return render(request, template, context, status=status)


def _tell(
    request: TaxpayerRequest, done: Iterable[services.DraftResult], *, title: str, words: str, **facts: object
) -> HttpResponse:
    """Go back to the drafts when all is as asked; otherwise name each that is not, with the reason."""
    results = list(done)
    kept = [each for each in results if not each.is_done]
    count = len(results) - len(kept)
    if not kept:
        if count:
            messages.success(request, words % {"count": count, **facts})
        return redirect(f"{reverse('invoicing:invoice-list')}?state=draft")
    context = {"title": title, "kept": kept, "count": count, "done_words": words % {"count": count, **facts}}
    return render(request, "invoicing/drafts_result.html", context)
