"""Reads of tax returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from devices import selectors as device_selectors
from filing.choices import ENDED_PAYMENTS, GONE_STATES, ReturnStatus
from filing.models import Payment, TaxReturn
from filing.rules import library
from filing.selectors.calendar import Deadline, Seasons
from filing.selectors.period_kinds import PeriodKinds, first_sale, period_kinds, return_period
from taxhall.common.errors import NotFoundError
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class DueReturn:
    """One return that is due or overdue (本期应申报), begun or not."""

    period: TaxPeriod
    deadline: Deadline
    is_overdue: bool
    tax_return: TaxReturn | None


@dataclass(frozen=True)
class OtherReturn:
    """A form beside VAT, with the return of the month when it was begun."""

    tax: str
    title: str
    tax_return: TaxReturn | None


def list_returns(*, visible_to: User, taxpayer: Taxpayer | None = None) -> QuerySet[TaxReturn]:
    """Return the returns a user may see, newest first; one company's when given."""
    found = TaxReturn.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if taxpayer is not None:
        found = found.filter(taxpayer=taxpayer)
    return found.select_related("taxpayer", "submitted_by").order_by("-period_end", "-pk")


def get_return(*, visible_to: User, pk: int, taxpayer: Taxpayer | None = None) -> TaxReturn:
    """Return one return; absent and not visible are the same. Raises: NotFoundError."""
    found = list_returns(visible_to=visible_to, taxpayer=taxpayer).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这张申报表。"), code="filing.return_not_found")
    return found


def find_return(*, taxpayer: Taxpayer, period: TaxPeriod, tax: str = "vat") -> TaxReturn | None:
    """Return the standing return of a tax for exactly this period.

    Voided and corrected ones do not count, and a correction counts from its filing on.
    """
    found = standing_returns(tax).filter(taxpayer=taxpayer, period_start=period.start, period_end=period.end)
    return found.first()


def standing_returns(tax: str = "vat") -> QuerySet[TaxReturn]:
    """Return the returns of a tax that count: not voided, not corrected, and corrections from their filing on."""
    found = TaxReturn.objects.filter(form_code__in=library.codes_of(tax)).exclude(status__in=GONE_STATES)
    return found.exclude(status=ReturnStatus.DRAFT, corrects__isnull=False)


def standing_receipt(*, taxpayer: Taxpayer, month: TaxPeriod) -> str:
    """Return the receipt number of the filed and paid VAT return that is due with a month; empty for none."""
    period = return_period(taxpayer, month)
    found = find_return(taxpayer=taxpayer, period=period) if period else None
    return found.receipt_number or "" if found and is_settled(found) else ""


def find_correction(tax_return: TaxReturn) -> TaxReturn | None:
    """Return the correction of a return that is being filled in."""
    return tax_return.corrections.filter(status=ReturnStatus.DRAFT).first()


def is_closed(*, taxpayer: Taxpayer, period: TaxPeriod) -> bool:
    """Say whether a period's return is filed and no correction is begun, so that its inputs stay as they are."""
    filed = find_return(taxpayer=taxpayer, period=period)
    return filed is not None and not filed.is_draft and find_correction(filed) is None


def is_settled(tax_return: TaxReturn) -> bool:
    """Say whether nothing is owed on an accepted return: zero tax, or the treasury's answer verified."""
    if tax_return.status == ReturnStatus.PAID:
        return True
    return tax_return.status == ReturnStatus.SUBMITTED and tax_return.owed_amount <= ZERO


def find_payment(tax_return: TaxReturn) -> Payment | None:
    """Return the payment that counts: the live one, else the last that ended."""
    live = tax_return.payments.exclude(state__in=ENDED_PAYMENTS).first()
    return live or tax_return.payments.order_by("-created_at").first()


def form_title(taxpayer: Taxpayer, period: TaxPeriod) -> str:
    """Return the title of the VAT form that a taxpayer files for a period; empty when there is none."""
    definition = library.find_definition(taxpayer.kind, period.end)
    return definition.title if definition else ""


def other_returns(*, taxpayer: Taxpayer, period: TaxPeriod) -> list[OtherReturn]:
    """Return the forms beside VAT that may be filed for a month, begun or not; nobody must file them."""
    return [
        OtherReturn(each.tax, each.title, find_return(taxpayer=taxpayer, period=period, tax=each.tax))
        for each in library.other_taxes(taxpayer.kind, period.end)
    ]


def due_returns(
    *, taxpayer: Taxpayer, today: date, kinds: PeriodKinds | None = None, seasons: Seasons | None = None
) -> list[DueReturn]:
    """Return what is due this season and what is overdue, oldest first (本期应申报)."""
    last_month = TaxPeriod.of_month(today).previous()
    starts = [device.period_start for device in device_selectors.list_devices(taxpayer=taxpayer)]
    month = _first_month_owed(taxpayer, starts, today)
    periods, kinds = dict[TaxPeriod, None](), kinds or period_kinds(taxpayer)
    seasons = seasons or Seasons(taxpayer.bureau)
    while month <= last_month:
        if period := return_period(taxpayer, month, kinds=kinds):
            periods[period] = None
        month = month.next()
    return [_due(taxpayer, period, today, seasons.of_period(period)) for period in periods]


def first_due_month(taxpayer: Taxpayer, starts: Iterable[date], *, today: date) -> TaxPeriod:
    """Return the first month that a company may still have to file, by the starts of its disks' open periods.

    Months before the open period of every disk were settled before the hall knew them; by the register, months
    before the tax registration are nobody's.
    """
    month = _first_open_month(starts, today)
    return max(month, TaxPeriod.of_month(taxpayer.registered_on)) if taxpayer.registered_on else month


def _first_open_month(starts: Iterable[date], today: date) -> TaxPeriod:
    return min([TaxPeriod.of_month(day) for day in starts] + [TaxPeriod.of_month(today).previous()])


def _first_month_owed(taxpayer: Taxpayer, starts: list[date], today: date) -> TaxPeriod:
    """Return the same, or the first month before the registration in which the company sold."""
    month, opened = first_due_month(taxpayer, starts, today=today), _first_open_month(starts, today)
    if month == opened:
        return month
    sold = first_sale(taxpayer, opened.start, month.previous().end)
    return TaxPeriod.of_month(sold) if sold else month


def coming_returns(
    *,
    taxpayer: Taxpayer,
    today: date,
    count: int = 3,
    kinds: PeriodKinds | None = None,
    seasons: Seasons | None = None,
) -> list[tuple[TaxPeriod, Deadline]]:
    """Return the company's next deadlines with the period that each one declares."""
    found, kinds = list[tuple[TaxPeriod, Deadline]](), kinds or period_kinds(taxpayer)
    seasons = seasons or Seasons(taxpayer.bureau)
    month = TaxPeriod.of_month(today).previous().previous()
    while len(found) < count:
        if period := return_period(taxpayer, month, kinds=kinds):
            last = seasons.of_period(period)
            if last.date >= today:
                found.append((period, last))
        month = month.next()
    return found


def _due(taxpayer: Taxpayer, period: TaxPeriod, today: date, deadline: Deadline) -> DueReturn:
    standing = find_return(taxpayer=taxpayer, period=period)
    is_filed = standing is not None and not standing.is_draft
    return DueReturn(period, deadline, not is_filed and today > deadline.date, standing)
