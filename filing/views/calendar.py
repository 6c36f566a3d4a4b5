"""The filing calendar (办税日历), open to everybody."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Taxpayer, User
from filing import policies, selectors
from taxhall.common import clock
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod

_YEARS = range(2020, 2100)


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Show one month with 截止, 休 and 班 in letters, and the deadlines of its year."""
    return show_calendar(request)


def show_calendar(request: HttpRequest, *, secret: str = "") -> HttpResponse:
    """Return the page of a month; with the secret of a feed that was made just now, its address once."""
    today = clock.today()
    month = _month(request.GET.get("month", ""), TaxPeriod.of_month(today))
    taxpayer = getattr(request, "taxpayer", None)
    bureau = taxpayer.bureau if taxpayer else None
    year, seasons = month.start.year, selectors.Seasons(bureau)
    context = {
        "month": month,
        "weeks": selectors.month_table(year, month.start.month, seasons=seasons),
        "season": seasons.of_month(year, month.start.month),
        "previous": month.previous(),
        "next": month.next(),
        "outages": selectors.declared_outages(bureau=bureau, today=today),
        "holidays": selectors.list_holidays(year).filter(day__range=(month.start, month.end)),
        "today": today,
        "weekdays": list("一二三四五六日"),
        **_returns(taxpayer, month, today, seasons),
        **_feed(request, secret),
    }
    response = render(request, "filing/calendar.html", context)
    if secret:
        # What is shown once is kept nowhere.
        patch_cache_control(response, private=True, no_store=True)
    return response


def _returns(taxpayer: Taxpayer | None, month: TaxPeriod, today: date, seasons: selectors.Seasons) -> dict[str, Any]:
    """Say which periods are declared in a month and in those of its year, and what comes next."""
    kinds = selectors.period_kinds(taxpayer) if taxpayer else None
    months = [TaxPeriod.month(month.start.year, number) for number in range(1, 13)]
    shown = [each for each in months if not _is_before_registration(each, taxpayer)]
    return {
        "declared": _declared_in(month, taxpayer, kinds),
        "year": [
            (each.start.month, seasons.of_month(each.start.year, each.start.month), _declared_in(each, taxpayer, kinds))
            for each in shown
        ],
        "is_year_cut": len(shown) < len(months),
        "is_before_registration": _is_before_registration(month, taxpayer),
        "coming": selectors.coming_returns(taxpayer=taxpayer, today=today, kinds=kinds, seasons=seasons)
        if taxpayer
        else selectors.coming_deadlines(today),
    }


def _declared_in(month: TaxPeriod, taxpayer: Taxpayer | None, kinds: selectors.PeriodKinds | None) -> TaxPeriod | None:
    """Return the period that is declared in a month: the company's own, or that of who files by month."""
    ended = month.previous()
    return selectors.return_period(taxpayer, ended, kinds=kinds) if taxpayer else ended


def _is_before_registration(month: TaxPeriod, taxpayer: Taxpayer | None) -> bool:
    """Say whether what everybody declares in a month had ended before the company was registered."""
    return taxpayer is not None and selectors.is_before_registration(taxpayer, month.previous())


def _feed(request: HttpRequest, secret: str) -> dict[str, Any]:
    user = request.user
    if not isinstance(user, User) or not policies.can_hold_feed(user):
        return {"may_subscribe": False}
    address = request.build_absolute_uri(f"{reverse('filing:feed')}?key={secret}") if secret else ""
    return {"may_subscribe": True, "feed": selectors.find_feed(user), "feed_address": address}


def _month(code: str, default: TaxPeriod) -> TaxPeriod:
    if not code:
        return default
    try:
        month = TaxPeriod.parse(code)
    except ValueError as error:
        raise NotFoundError(_("没有这个月份。"), next_step=_("请从日历里选择月份。")) from error
    if month.month_count != 1 or month.start.year not in _YEARS:
        raise NotFoundError(_("没有这个月份。"), next_step=_("请从日历里选择月份。"))
    return month
