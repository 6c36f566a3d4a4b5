"""The pages of endpoints: register, look at the log, test, pause, resume, change the secret, remove."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invoicing import policies, selectors, services
from invoicing.choices_hooks import HookDeliveryState, HookState
from invoicing.forms_hooks import HookForm
from invoicing.http import TaxpayerRequest
from invoicing.models import HookEndpoint
from taxhall.common.errors import InvalidInputError, NotFoundError, TaxhallError
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 50
TONES = {HookState.ACTIVE: "ok", HookState.PAUSED: "grey", HookState.STOPPED: "red"}
DELIVERY_TONES = {HookDeliveryState.WAITING: "blue", HookDeliveryState.SENT: "ok", HookDeliveryState.FAILED: "red"}


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def hook_list(request: TaxpayerRequest) -> HttpResponse:
    """List the endpoints of the company; register one, and show its secret this once."""
    if request.method != "POST":
        return _show_list(request, HookForm(), status=200)
    form = HookForm(request.POST)
    if not form.is_valid():
        return _show_list(request, form, status=422)
    try:
        hook, secret = services.register_hook(
            actor=request.user, taxpayer=request.taxpayer, url=form.cleaned_data["url"].strip()
        )
    except TaxhallError as error:
        if error.status == 403:
            raise
        form.add_domain_error(error)
        return _show_list(request, form, status=error.status)
    return _show_secret(request, hook, secret)


def _show_list(request: TaxpayerRequest, form: HookForm, *, status: int) -> HttpResponse:
    found = selectors.list_hooks(visible_to=request.user, taxpayer=request.taxpayer)
    context = {
        "form": form,
        "hooks": [(each, TONES[HookState(each.state)]) for each in found],
        "may_manage": policies.can_manage_hooks(request.user, request.taxpayer),
        "most": services.MOST_ENDPOINTS,
    }
    return render(request, "invoicing/hook_list.html", context, status=status)


def _show_secret(request: TaxpayerRequest, hook: HookEndpoint, secret: str) -> HttpResponse:
    response = render(request, "invoicing/hook_secret.html", {"hook": hook, "secret": secret})
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_safe
@taxpayer_required
def hook_detail(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show one endpoint and what went to it."""
    hook = _hook(request, pk)
    page = Paginator(selectors.list_deliveries(hook), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "hook": hook,
        "tone": TONES[HookState(hook.state)],
        "page_obj": page,
        "rows": [(each, DELIVERY_TONES[HookDeliveryState(each.state)]) for each in page.object_list],
    }
    return render(request, "invoicing/hook_detail.html", context)


@require_POST
@taxpayer_required
def hook_act(request: TaxpayerRequest, pk: int, act: str) -> HttpResponse:
    """Test, pause or resume."""
    if act not in _ACTS:
        raise NotFoundError(_("没有这种操作。"))
    hook = _hook(request, pk)
    service, words = _ACTS[act]
    service(actor=request.user, hook=hook)
    messages.success(request, words())
    return redirect("invoicing:hook-detail", hook.pk)


_ACTS: dict[str, tuple[Callable[..., Any], Callable[[], str]]] = {
    "test": (services.try_hook, lambda: _("已提交测试推送，几秒后刷新本页查看结果。")),
    "pause": (services.pause_hook, lambda: _("已暂停。暂停期间的变动会保留，恢复后按顺序补发。")),
    "resume": (services.resume_hook, lambda: _("已恢复，等待中的推送正在按顺序补发。")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def hook_secret(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Ask, then give a new secret and show it this once."""
    hook = _hook(request, pk)
    if request.method != "POST":
        return render(request, "invoicing/hook_rotate.html", {"hook": hook, "key": uuid.uuid4()})
    secret = services.rotate_hook_secret(actor=request.user, hook=hook, key=_key(request))
    return _show_secret(request, _hook(request, pk), secret)


def _key(request: TaxpayerRequest) -> uuid.UUID:
    """Return which form was sent; a page loaded anew sends the same one. Raises: InvalidInputError."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError as error:
        raise InvalidInputError(
            _("页面的内容不完整，密钥没有更换。"), next_step=_("请重新打开“更换签名密钥”再提交。")
        ) from error


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def hook_remove(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Ask, then remove an endpoint."""
    hook = _hook(request, pk)
    if request.method != "POST":
        return render(request, "invoicing/hook_remove.html", {"hook": hook})
    services.remove_hook(actor=request.user, hook=hook)
    messages.success(request, _("接收地址已删除，不再向它推送。"))
    return redirect("invoicing:hook-list")


def _hook(request: TaxpayerRequest, pk: int) -> HookEndpoint:
    return selectors.get_hook(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
