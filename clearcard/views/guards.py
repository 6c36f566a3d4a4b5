"""Who may open a step of an application, and where the others are led."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import TaxpayerRequest
from clearcard import policies, selectors
from clearcard.errors import TransitionNotAllowedError
from clearcard.models import ClearCardCase
from clearcard.services.prepare import NOT_YOURS
from taxhall.common.policies import require
from taxhall.common.web import View, taxpayer_required

StepView = Callable[[TaxpayerRequest, ClearCardCase], HttpResponse]
page = require_http_methods(["GET", "HEAD", "POST"])


def find_case(request: TaxpayerRequest, number: str) -> ClearCardCase:
    """Return a case of the company in sight. Raises: CaseNotFoundError."""
    return selectors.get_case(visible_to=request.user, taxpayer=request.taxpayer, number=number)


def step_page(view: StepView) -> View:
    """Open a step to those who may fill in the application while it can be changed.

    Others of the company are told who may (403); what was handed in is not edited any more, so its steps
    lead to its progress and say that nothing of the form was kept.
    """

    @page
    @taxpayer_required
    @wraps(view)
    def opened(request: TaxpayerRequest, number: str) -> HttpResponse:
        case = find_case(request, number)
        require(policies.can_prepare_case(request.user, case), NOT_YOURS)
        if not case.is_editable:
            return closed(request, case)
        try:
            return view(request, case)
        except TransitionNotAllowedError:
            return closed(request, find_case(request, number))

    return opened


def closed(request: TaxpayerRequest, case: ClearCardCase) -> HttpResponse:
    """Lead away from a step of an application that was handed in; a repeat of that hand-in gets its receipt."""
    if request.POST.get("key") and request.POST["key"] == case.submit_key:
        return redirect("clearcard:case-submitted", case.number)
    word = {"word": selectors.status_words(case).word}
    if request.method == "POST":
        messages.warning(request, _("申请现在是“%(word)s”，不能再修改；刚才填写的内容没有保存。") % word)
    else:
        messages.info(request, _("申请现在是“%(word)s”，不能再修改；这里是最新进度。") % word)
    return redirect("clearcard:case-detail", case.number)
