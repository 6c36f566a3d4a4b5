"""Pages of the company's own PCs: which are connected, connecting one, taking its right away."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import http as account_http
from accounts import services as account_services
from devices import agent_presentation, policies, selectors, services
from devices.agent import VERSION
from devices.forms import ProveForm
from devices.http import TaxpayerRequest
from taxhall.common.errors import TaxhallError
from taxhall.common.web import taxpayer_required


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@taxpayer_required
def agent_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the company's PCs; by POST make a one-time code for another, shown only in this answer."""
    form, made = _prove_form(request), None
    if request.method == "POST" and form.is_valid():
        try:
            _confirm(request, form)
            made = services.create_agent_code(actor=request.user, taxpayer=request.taxpayer)
            # Proved a moment ago: the next form need not ask again.
            form = ProveForm(asks_password=False)
        except TaxhallError as error:
            form.add_domain_error(error)
    agents = selectors.list_agents(taxpayer=request.taxpayer)
    context = {
        "cards": [agent_presentation.card(agent, newest=VERSION) for agent in agents],
        "form": form,
        "can_manage": policies.can_manage_agents(request.user, request.taxpayer),
        "code": made[0] if made else "",
        "expires_at": made[1].expires_at if made else None,
        "hall": request.build_absolute_uri("/"),
        "newest": VERSION,
    }
    return render(request, "devices/agent_list.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@taxpayer_required
def agent_revoke(request: TaxpayerRequest, number: uuid.UUID) -> HttpResponse:
    """Say what taking a PC's right away means, and do it."""
    agent = selectors.get_agent(taxpayer=request.taxpayer, number=number)
    form = _prove_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            _confirm(request, form)
            services.revoke_agent(actor=request.user, agent=agent)
        except TaxhallError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已停用“%(name)s”，它不能再取得任何任务。") % {"name": agent.name})
            return redirect("devices:agent-list")
    context = {"agent": agent, "card": agent_presentation.card(agent, newest=VERSION), "form": form}
    return render(request, "devices/agent_revoke.html", context, status=422 if form.errors else 200)


def _prove_form(request: TaxpayerRequest) -> ProveForm:
    return ProveForm(
        request.POST if request.method == "POST" else None,
        asks_password=not account_services.is_confirmed(request=request),
    )


def _confirm(request: TaxpayerRequest, form: ProveForm) -> None:
    """Prove the person once more before a PC is bound or let go (S-10)."""
    password = form.cleaned_data.get("password")
    if password is not None:
        origin = account_http.origin_of(request)
        account_services.confirm_password(request=request, password=password, origin=origin)
