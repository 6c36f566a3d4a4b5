"""Reminders of deadlines: what the company was told, and whether they come to one's own telephone as well."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors as account_selectors
from accounts import services as account_services
from filing import reminder_words, selectors
from filing.http import TaxpayerRequest
from taxhall.common import clock
from taxhall.common.web import taxpayer_required

SHOWN, TEXTS_SHOWN = 30, 10


@require_safe
@taxpayer_required
def reminders(request: TaxpayerRequest) -> HttpResponse:
    """Show when reminders come, the choice of short messages, and what was sent."""
    gateway = account_selectors.find_sms_gateway()
    texts = account_selectors.list_text_messages(recipient=request.user)[:TEXTS_SHOWN]
    context = {
        "when": reminder_words.steps_in_words(selectors.reminder_steps(clock.today())),
        "phone": request.user.masked_phone if request.user.mobile else "",
        "wants_texts": request.user.wants_texts,
        "has_gateway": gateway is not None,
        "is_demo": gateway is not None and gateway.is_demo,
        "reminders": selectors.list_reminders(taxpayer=request.taxpayer)[:SHOWN],
        "texts": [(each, reminder_words.text_tone(each.state)) for each in texts],
    }
    return render(request, "filing/reminders.html", context)


@require_POST
@taxpayer_required
def texts_choose(request: TaxpayerRequest) -> HttpResponseRedirect:
    """Have short messages or no more."""
    wants = request.POST.get("wants") == "1"
    account_services.choose_texts(actor=request.user, wants=wants)
    done = _("已开通短信提醒，从下一次提醒起发送。") if wants else _("已停止短信提醒，站内消息照常提醒。")
    messages.success(request, done)
    return redirect("filing:reminders")
