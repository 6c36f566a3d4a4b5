"""Reads of declared inactivity: what it covers, what was prepared, when disks lock meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from devices import selectors as device_selectors
from devices.models import Device
from filing.choices import SpanState
from filing.models import InactiveSpan, TaxReturn
from filing.selectors.returns import due_returns
from filing.selectors.sheets import current_sheet, is_nothing_sold
from invoicing import selectors as invoice_selectors
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class ForeseenLock:
    """A disk that locks while the company rests, unless it is cleared before."""

    device: Device
    locks_on: date


@dataclass(frozen=True)
class ReadyReturn:
    """A zero return that was prepared, as it is filed with one click."""

    tax_return: TaxReturn
    digest: str
    due_on: date


@dataclass(frozen=True)
class Rest:
    """What the desk tells of a declared inactivity."""

    span: InactiveSpan
    # The invoice that ended it, issued but perhaps not yet noted.
    invoice_number: str
    locks: tuple[ForeseenLock, ...]


def list_spans(*, visible_to: User, taxpayer: Taxpayer | None = None) -> QuerySet[InactiveSpan]:
    """Return the declared times that a user may see, newest first; one company's when given."""
    found = InactiveSpan.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if taxpayer is not None:
        found = found.filter(taxpayer=taxpayer)
    return found.select_related("taxpayer", "declared_by")


def get_span(*, visible_to: User, taxpayer: Taxpayer, pk: int) -> InactiveSpan:
    """Return one of the company's own. Raises: NotFoundError."""
    span = list_spans(visible_to=visible_to, taxpayer=taxpayer).filter(pk=pk).first()
    if span is None:
        raise NotFoundError(_("没有找到这项停业声明。"), next_step=_("请回到停业页面查看。"))
    return span


def find_rest(*, taxpayer: Taxpayer, today: date) -> Rest | None:
    """Return the inactivity that is declared now, with the invoice that ends it and the disks that will lock."""
    span = InactiveSpan.objects.filter(taxpayer=taxpayer.pk, state=SpanState.DECLARED, ends_on__gte=today).first()
    if span is None:
        return None
    devices = device_selectors.list_devices(taxpayer=taxpayer)
    locks = [
        ForeseenLock(each, each.issue_allowed_until) for each in devices if each.issue_allowed_until < span.ends_on
    ]
    return Rest(span, spoiling_invoice(span)[0], tuple(locks))


def spoiling_invoice(span: InactiveSpan) -> tuple[str, date | None]:
    """Return number and day of the first invoice issued within a declared time; empty where there is none."""
    found = invoice_selectors.first_numbered(taxpayer_id=span.taxpayer_id, first=span.starts_on, last=span.ends_on)
    return (found.number, found.dated_on) if found else ("", None)


def restful_periods(*, taxpayer: Taxpayer, today: date) -> list[TaxPeriod]:
    """Return the periods that are due, lie wholly in a declared time, and of which nothing stands yet."""
    spans = list(InactiveSpan.objects.filter(taxpayer=taxpayer.pk))
    return [
        each.period
        for each in due_returns(taxpayer=taxpayer, today=today)
        if each.tax_return is None
        and any(span.covers(each.period) for span in spans)
        and is_nothing_sold(taxpayer=taxpayer, period=each.period)
    ]


def ready_returns(*, taxpayer: Taxpayer, today: date) -> list[ReadyReturn]:
    """Return the prepared zero returns, with the digest of what each one says."""
    spans = list(InactiveSpan.objects.filter(taxpayer=taxpayer.pk))
    found = []
    for each in due_returns(taxpayer=taxpayer, today=today) if spans else []:
        draft = each.tax_return
        if draft is None or not draft.is_draft or not any(span.covers(each.period) for span in spans):
            continue
        sheet = current_sheet(draft)
        if (
            not sheet.tax_due
            and not sheet.mandatory_problems
            and is_nothing_sold(taxpayer=taxpayer, period=each.period)
        ):
            found.append(ReadyReturn(draft, sheet.digest, each.deadline.date))
    return found
