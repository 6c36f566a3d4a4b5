"""演练模式: the trainer's page; absent outside a demo."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from devices import services
from devices.errors import PracticeRefusedError
from devices.forms import PracticeForm
from taxhall.common.web import officer_required


@require_http_methods(["GET", "HEAD", "POST"])
@officer_required
def practice(request: HttpRequest) -> HttpResponse:
    """Show the virtual disks, and do something to one of them."""
    if not settings.HALL_DEMO:
        raise Http404
    form = PracticeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _practise(request, form):
        return redirect("admin:practice")
    try:
        disks, problem = services.list_practice_disks(visible_to=request.user), ""  # type: ignore[arg-type]
    except PracticeRefusedError as error:
        disks, problem = [], str(error.message)
    context = {"form": form, "disks": disks, "problem": problem, "console_page": "practice"}
    return render(request, "console/practice.html", context, status=422 if form.errors else 200)


def _practise(request: HttpRequest, form: PracticeForm) -> bool:
    try:
        services.practise(actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    except PracticeRefusedError as error:
        form.add_domain_error(error)
        return False
    act = dict(form.fields["act"].choices)[form.cleaned_data["act"]]  # type: ignore[attr-defined]
    words = {"serial": form.cleaned_data["serial"], "act": act}
    messages.success(request, _("%(serial)s：%(act)s") % words)
    return True
