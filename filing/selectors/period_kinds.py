"""Which periods a company files, on what day: its register and the agreed changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.choices import ChangeState, PeriodKind
from accounts.models import Taxpayer, User
from devices import selectors as device_selectors
from filing.models import PeriodKindChange
from invoicing import selectors as invoicing_selectors
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class PeriodKinds:
    """How often a company files, from the first day on and from each change on."""

    first: str
    changes: tuple[tuple[date, str], ...] = ()

    def on(self, day: date) -> str:
        """Return what holds on a day."""
        return next((kind for start, kind in reversed(self.changes) if start <= day), self.first)


def period_kinds(taxpayer: Taxpayer) -> PeriodKinds:
    """Return how often a company files, and filed."""
    return many_period_kinds([taxpayer])[taxpayer.pk]


def many_period_kinds(taxpayers: Sequence[Taxpayer]) -> dict[int, PeriodKinds]:
    """Return how often each of some companies files, by its key, in one statement."""
    agreed = PeriodKindChange.objects.filter(taxpayer__in={each.pk for each in taxpayers}, state=ChangeState.AGREED)
    rows = defaultdict(list)
    for pk, start, to_kind, from_kind in agreed.order_by("starts_on").values_list(
        "taxpayer_id", "starts_on", "to_kind", "from_kind"
    ):
        rows[pk].append((start, to_kind, from_kind))
    return {each.pk: _kinds(each, rows[each.pk]) for each in taxpayers}


def _kinds(taxpayer: Taxpayer, rows: list[tuple[date, str, str]]) -> PeriodKinds:
    if not rows:
        return PeriodKinds(taxpayer.period_kind)
    return PeriodKinds(rows[0][2], tuple((start, to_kind) for start, to_kind, _from in rows))


def return_period(taxpayer: Taxpayer, month: TaxPeriod, *, kinds: PeriodKinds | None = None) -> TaxPeriod | None:
    """Return the period whose return is due after a month: the month, its quarter at the quarter's end, or none.

    Rule: quarterly filers report and clear every month but file in Jan/Apr/Jul/Oct (826号令 art. 43). The first
    return is that of the period in which the company was registered, or sold before it: what was sold is declared
    and paid before its disk is cleared, whatever day the register says.
    """
    period = _period_by_kind((kinds or period_kinds(taxpayer)).on(month.end), month)
    if period is None or not is_before_registration(taxpayer, month):
        return period
    # Asked only of such months, so that no other comparison or page costs a statement more.
    return period if first_sale(taxpayer, period.start, period.end) else None


def _period_by_kind(kind: str, month: TaxPeriod) -> TaxPeriod | None:
    if kind == PeriodKind.MONTHLY:
        return TaxPeriod.of_month(month.end)
    return TaxPeriod.of_quarter(month.end) if month.end.month % 3 == 0 else None


def first_sale(taxpayer: Taxpayer, first: date, last: date) -> date | None:
    """Return from when on a company sold between two days: its first number, or its disk's first report of any."""
    invoice = invoicing_selectors.first_numbered(taxpayer_id=taxpayer.pk, first=first, last=last)
    reported = device_selectors.first_reported_sale(taxpayer_id=taxpayer.pk, first=first, last=last)
    days = [day for day in (invoice.dated_on if invoice else None, reported) if day is not None]
    return max(min(days), first) if days else None


def is_before_registration(taxpayer: Taxpayer, month: TaxPeriod) -> bool:
    """Say whether a month had ended before the company was registered for tax."""
    return taxpayer.registered_on is not None and month.end < taxpayer.registered_on


def possible_starts(today: date, count: int = 4) -> Iterator[date]:
    """Yield the first days of the coming quarters."""
    quarter = TaxPeriod.of_quarter(today)
    for _number in range(count):
        quarter = quarter.next()
        yield quarter.start


def list_period_kind_changes(*, visible_to: User, taxpayer: Taxpayer | None = None) -> QuerySet[PeriodKindChange]:
    """Return the changes a user may see, newest first; one company's when given."""
    found = PeriodKindChange.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if taxpayer is not None:
        found = found.filter(taxpayer=taxpayer)
    return found.select_related("taxpayer__bureau", "asked_by", "decided_by")


def get_period_kind_change(*, visible_to: User, pk: int) -> PeriodKindChange:
    """Return one change. Raises: NotFoundError, the same for absent and for another district's."""
    change = list_period_kind_changes(visible_to=visible_to).filter(pk=pk).first()
    if change is None:
        raise NotFoundError(_("没有找到这项申报周期变更。"), next_step=_("请回到列表查看。"))
    return change


def first_month_end(starts_on: date) -> date:
    """Return the last day on which a change from a day on may still be agreed to: no month of it has ended."""
    return (starts_on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
