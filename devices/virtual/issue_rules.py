"""What a disk checks before it signs an invoice; each refusal has its own status word."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from devices.protocol.certificates import DiskCertificate
from devices.protocol.messages import InvoiceOrder
from devices.protocol.status_words import SW
from devices.virtual.card import require
from devices.virtual.values import GroupState, IssueData, KindState

HOST_AHEAD = timedelta(minutes=5)


def check_order(order: InvoiceOrder, kind: KindState, now: datetime) -> None:
    """Check an order against the authorisation of its kind and the disk's clock.

    The tax-exclusive total must not reach the limit (国税发〔2006〕156号 art. 5). Raises: RefusedError.
    """
    check_totals(order)
    for item in order.totals:
        require(item.rate in kind.rates, SW.RATE_NOT_AUTHORISED)
    require(kind.is_red_allowed or not order.is_red, SW.RED_NOT_ALLOWED)
    require(abs(order.amount) < kind.limit, SW.OVER_LIMIT)
    # A host far ahead means that one of the clocks is wrong; an order of last month must be made anew.
    require(order.issued_at <= now + HOST_AHEAD, SW.CLOCK_SKEW)
    require((order.issued_at.year, order.issued_at.month) == (now.year, now.month), SW.CLOCK_SKEW)


def check_totals(order: InvoiceOrder) -> None:
    """Check that the rates add up to the whole, each once, all of one sign. Raises: RefusedError."""
    rates = [item.rate for item in order.totals]
    require(bool(rates) and len(set(rates)) == len(rates), SW.TOTALS_WRONG)
    require(sum(item.amount for item in order.totals) == order.amount, SW.TOTALS_WRONG)
    require(sum(item.tax for item in order.totals) == order.tax, SW.TOTALS_WRONG)
    sign = -1 if order.is_red else 1
    require(order.amount * sign > 0, SW.TOTALS_WRONG)
    require(all(item.amount * sign >= 0 and item.tax * sign >= 0 for item in order.totals), SW.TOTALS_WRONG)


def check_window(issued: IssueData, group: GroupState, now: datetime) -> None:
    """Check enabling date, certificate, cut-off and that the day is in the period or the month after.

    Issuing goes on in the month after the period until the cut-off, while the period waits to be cleared.
    Raises: RefusedError.
    """
    today = now.date()
    require(today >= issued.enabled_on, SW.NOT_ENABLED)
    require(now <= DiskCertificate.load(issued.certificate).not_after, SW.CERTIFICATE_EXPIRED)
    require(today <= group.cut_off, SW.LOCKED)
    require(group.period_start <= today, SW.CLOCK_SKEW)
    require(today <= _end_of_next_month(group.period_end), SW.OUTSIDE_WINDOW)


def check_ceilings(group: GroupState, order: InvoiceOrder, now: datetime) -> None:
    """Check what may be issued without upload: hours, count, amount (公告2015年第19号). Raises: RefusedError."""
    if group.offline_oldest_at is not None:
        require(now - group.offline_oldest_at <= timedelta(hours=group.hours_limit), SW.OFFLINE_HOURS)
    require(group.offline_count < group.count_limit, SW.OFFLINE_COUNT)
    require(group.offline_amount + abs(order.amount) <= group.amount_limit, SW.OFFLINE_AMOUNT)


def _end_of_next_month(day: date) -> date:
    after_next = date(day.year + (day.month + 1) // 12, (day.month + 1) % 12 + 1, 1)
    return after_next - timedelta(days=1)
