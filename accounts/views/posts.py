"""Officers' posts: who holds which, and changes that two heads agree on."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import policies, selectors, services
from accounts.choices import ChangeState
from accounts.forms import PostChangeForm
from accounts.models import PostChange, User
from accounts.views.staff import officer_of
from taxhall.common.errors import TaxhallError
from taxhall.common.policies import require
from taxhall.common.web import officer_required

SHOWN = 50
act = require_http_methods(["GET", "HEAD", "POST"])


@act
@officer_required
def posts(request: HttpRequest) -> HttpResponse:
    """List the posts and their changes at the officer's bureaus, and ask for a change."""
    officer = officer_of(request)
    bureaus = selectors.headed_bureaus(officer=officer)
    require(bureaus.exists(), _("岗位由岗位负责人管理，您没有这个权限。"))
    form = PostChangeForm(request.POST or None, bureaus=bureaus, asks_code=not services.is_confirmed(request=request))
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    data = form.cleaned_data
    wanted = {name: data[name] for name in ("kind", "post", "bureau", "reason")}
    concerned = User.objects.filter(username=data["officer"].strip(), is_staff=True).first()
    try:
        services.require_confirmed(request=request, code=data.get("code", ""), act="accounts.ask_post_change")
        services.ask_post_change(actor=officer, officer=concerned, **wanted)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _page(request, form, status=error.status)
    messages.success(request, _("岗位变动已提出，另一名岗位负责人确认后生效。"))
    return redirect("admin:posts")


@act
@officer_required
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree to a change as the second person, after a fresh proof."""
    return _decide(request, pk, services.agree_post_change, _("已确认，岗位变动已生效。"))


@act
@officer_required
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse a change as the second person."""
    return _decide(request, pk, services.refuse_post_change, _("已记下不同意，岗位没有变动。"))


def _decide(request: HttpRequest, pk: int, service: Callable[..., PostChange], done: str) -> HttpResponse:
    change = selectors.get_post_change(visible_to=officer_of(request), pk=pk)
    if request.method != "POST":
        return redirect("admin:posts")
    try:
        code = request.POST.get("code", "").strip()
        services.require_confirmed(request=request, code=code, act=f"accounts.post_change:{pk}")
        service(actor=officer_of(request), change=change)
    except TaxhallError as error:
        bureaus = selectors.headed_bureaus(officer=officer_of(request))
        form = PostChangeForm(bureaus=bureaus, asks_code=not services.is_confirmed(request=request))
        return _page(request, form, status=error.status, refusal=error)
    messages.success(request, done)
    return redirect("admin:posts")


def _page(
    request: HttpRequest, form: PostChangeForm, *, status: int = 200, refusal: TaxhallError | None = None
) -> HttpResponse:
    officer = officer_of(request)
    changes = selectors.list_post_changes(visible_to=officer)
    waiting = [
        {"change": each, "may_decide": not policies.concerns(officer, each)}
        for each in changes.filter(state=ChangeState.ASKED)
    ]
    context = {
        "console_page": "posts",
        "form": form,
        "posts": selectors.list_district_posts(visible_to=officer),
        "waiting": waiting,
        "decided": changes.exclude(state=ChangeState.ASKED)[:SHOWN],
        "asks_code": not services.is_confirmed(request=request),
        "refusal": refusal,
    }
    return render(request, "console/posts.html", context, status=status)
