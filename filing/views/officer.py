"""The officers' page of the calendar: its rows with their source, and changes that two persons agree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.choices import Post
from accounts.models import SecondPersonModel, User
from filing import policies, selectors, services
from filing.calendar_forms import DayChangeForm, OutageForm, ProvenForm, SeasonChangeForm
from filing.models import CalendarChange, Outage
from taxhall.common import clock
from taxhall.common.errors import TaxhallError
from taxhall.common.web import officer_required, whole_number

SHOWN = 50
_YEARS = range(2020, 2100)
_CHANGES: dict[str, type[SeasonChangeForm] | type[DayChangeForm]] = {"season": SeasonChangeForm, "day": DayChangeForm}
act = require_http_methods(["GET", "HEAD", "POST"])


def officer_of(request: HttpRequest) -> User:
    """Return the officer; the guard of every page has made sure that there is one."""
    return cast(User, request.user)


@require_safe
@officer_required
def calendar(request: HttpRequest) -> HttpResponse:
    """Show the seasons and moved days of a year with their sources, and what waits for a second person."""
    return _page(request)


@act
@officer_required
def calendar_ask(request: HttpRequest, subject: str) -> HttpResponse:
    """Ask for a change of the calendar."""
    if request.method != "POST" or subject not in _CHANGES:
        return redirect("admin:calendar")
    form = _CHANGES[subject](request.POST, asks_code=_asks_code(request), prefix=subject)

    def ask() -> CalendarChange:
        data = form.cleaned_data
        known = {"subject": form.subject, "source": data["source"], "reason": data["reason"], **form.wanted}
        return services.ask_calendar_change(actor=officer_of(request), **known)

    return _ask(request, subject, form, ask, _("日历变动已提出，市局的另一名岗位负责人确认后生效。"))


@act
@officer_required
def outage_ask(request: HttpRequest) -> HttpResponse:
    """Ask to declare an outage."""
    if request.method != "POST":
        return redirect("admin:calendar")
    form = OutageForm(request.POST, asks_code=_asks_code(request), bureaus=_bureaus(request), prefix="outage")

    def ask() -> Outage:
        data = {name: each for name, each in form.cleaned_data.items() if name != "code"}
        return services.declare_outage(actor=officer_of(request), **data)

    return _ask(request, "outage", form, ask, _("停机公告已提出，另一名岗位负责人确认后生效。"))


@act
@officer_required
def calendar_agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree to a change as the second person, after a fresh proof."""
    change = selectors.get_calendar_change(pk=pk)
    return _decide(request, services.agree_calendar_change, _("已确认，日历已经改动。"), change=change)


@act
@officer_required
def calendar_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse a change as the second person."""
    change = selectors.get_calendar_change(pk=pk)
    return _decide(request, services.refuse_calendar_change, _("已记下不同意，日历没有改动。"), change=change)


@act
@officer_required
def outage_agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree to an outage as the second person, after a fresh proof."""
    outage = selectors.get_outage(visible_to=officer_of(request), pk=pk)
    return _decide(request, services.agree_outage, _("已确认，停机公告已生效，已通知辖区纳税人。"), outage=outage)


@act
@officer_required
def outage_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse an outage as the second person."""
    outage = selectors.get_outage(visible_to=officer_of(request), pk=pk)
    return _decide(request, services.refuse_outage, _("已记下不同意，没有发布停机公告。"), outage=outage)


def _ask(
    request: HttpRequest, key: str, form: ProvenForm, ask: Callable[[], SecondPersonModel], done: str
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, {key: form}, status=422)
    try:
        code = form.cleaned_data.get("code", "")
        account_services.require_confirmed(request=request, code=code, act=f"filing.ask_{key}")
        ask()
    except TaxhallError as error:
        form.add_domain_error(error)
        return _page(request, {key: form}, status=error.status)
    messages.success(request, done)
    return redirect("admin:calendar")


def _decide(
    request: HttpRequest, service: Callable[..., SecondPersonModel], done: str, **asked: SecondPersonModel
) -> HttpResponse:
    if request.method != "POST":
        return redirect("admin:calendar")
    ((name, row),) = asked.items()
    try:
        code = request.POST.get("code", "").strip()
        account_services.require_confirmed(request=request, code=code, act=f"filing.{name}:{row.pk}")
        service(actor=officer_of(request), **asked)
    except TaxhallError as error:
        return _page(request, status=error.status, refusal=error)
    messages.success(request, done)
    return redirect("admin:calendar")


def _asks_code(request: HttpRequest) -> bool:
    return not account_services.is_confirmed(request=request)


def _bureaus(request: HttpRequest) -> Any:
    return account_selectors.headed_bureaus(officer=officer_of(request), posts=tuple(Post.values))


def _page(
    request: HttpRequest,
    bound: dict[str, ProvenForm] | None = None,
    *,
    status: int = 200,
    refusal: TaxhallError | None = None,
) -> HttpResponse:
    bound, asks_code = bound or {}, _asks_code(request)
    unbound: dict[str, ProvenForm] = {key: form(asks_code=asks_code, prefix=key) for key, form in _CHANGES.items()}
    unbound["outage"] = OutageForm(asks_code=asks_code, bureaus=_bureaus(request), prefix="outage")
    context = {
        "console_page": "calendar",
        "forms": unbound | bound,
        "asks_code": asks_code,
        "has_errors": any(form.errors for form in bound.values()),
        "refusal": refusal,
        **_rows(request),
        **_asked(request),
    }
    return render(request, "console/calendar.html", context, status=status)


def _rows(request: HttpRequest) -> dict[str, Any]:
    this_year = clock.today().year
    year = whole_number(request.GET.get("year", ""), otherwise=this_year)
    year = year if year in _YEARS else this_year
    seasons = selectors.Seasons()
    return {
        "year": year,
        "seasons": [(number, seasons.of_month(year, number)) for number in range(1, 13)],
        "holidays": selectors.list_holidays(year),
    }


def _asked(request: HttpRequest) -> dict[str, Any]:
    officer = officer_of(request)
    may_change, outages = policies.can_decide_calendar_change(officer), selectors.list_outages(visible_to=officer)

    def is_other(row: SecondPersonModel) -> bool:
        return not account_policies.is_same_person(officer, row.asked_by)

    return {
        "waiting": [
            {"change": each, "effect": selectors.season_effect(each), "may_decide": may_change and is_other(each)}
            for each in selectors.waiting_calendar_changes()
        ],
        "waiting_outages": [
            {
                "outage": each,
                "moved": list(selectors.moved_seasons(each)),
                "may_decide": account_policies.heads_bureau(officer, each.bureau) and is_other(each),
            }
            for each in outages
            if each.is_asked
        ],
        "decided": [each for each in selectors.list_calendar_changes()[: SHOWN * 2] if not each.is_asked][:SHOWN],
        "decided_outages": [each for each in outages[: SHOWN * 2] if not each.is_asked][:SHOWN],
    }
