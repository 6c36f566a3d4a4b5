"""Lists of invoices: every line sold, what is not uploaded, not printed, voided or negative. Read row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from devices.choices import InvoiceKind
from invoicing.choices import InvoiceState, RedReason
from invoicing.models import Invoice, InvoiceLine
from invoicing.querysets import InvoiceQuerySet
from invoicing.reports.base import Asked, count, day, money, text
from taxhall.common import clock
from taxhall.common.rates import TaxRate
from taxhall.common.tables import Cell, Column, Table

_CHUNK = 2_000
_ORDER = ("dated_on", "id")
_KINDS = {kind.value: str(kind.label) for kind in InvoiceKind}
_STATES = {state.value: str(state.label) for state in InvoiceState}
_RATES = {rate.value: str(rate.label) for rate in TaxRate}


def _invoices(asked: Asked) -> InvoiceQuerySet:
    found: InvoiceQuerySet = Invoice.objects.filter(taxpayer=asked.taxpayer)
    return found.in_period(asked.period).order_by(*_ORDER)


def _lines(asked: Asked) -> Any:
    months = (asked.period.start, asked.period.end)
    sold = Q(invoice__taxpayer=asked.taxpayer, invoice__dated_on__range=months) & ~Q(invoice__number="")
    return InvoiceLine.objects.filter(sold).order_by("invoice__dated_on", "invoice_id", "position")


def count_details(asked: Asked) -> int:
    """Say how many lines the detail list has."""
    return int(_lines(asked).count())


def details(asked: Asked) -> tuple[Table, ...]:
    """Return every line of the numbered invoices in the order they were issued (销项明细)."""
    columns = (
        count(_("序号")),
        text(_("票种")),
        text(_("发票代码")),
        text(_("发票号码"), 22),
        day(_("开票日期")),
        text(_("购买方名称"), 30),
        text(_("购买方识别号"), 22),
        text(_("项目名称"), 30),
        text(_("数量")),
        text(_("单价")),
        money(_("金额")),
        text(_("税率"), 8),
        money(_("税额")),
        money(_("价税合计")),
        text(_("状态"), 10),
        text(_("开票人"), 10),
    )
    return (Table("", columns, _Rows(lambda: _detail_rows(asked))),)


_DETAIL = (
    "invoice__kind",
    "invoice__code",
    "invoice__number",
    "invoice__dated_on",
    "invoice__buyer_name",
    "invoice__buyer_number",
    "name",
    "quantity",
    "price",
    "amount",
    "rate",
    "tax",
    "invoice__state",
    "invoice__drawer_name",
)


def _detail_rows(asked: Asked) -> Iterator[tuple[Cell, ...]]:
    found = _lines(asked).values_list(*_DETAIL).iterator(chunk_size=_CHUNK)
    for number, (kind, *head, quantity, price, amount, rate, tax, state, drawer) in enumerate(found, start=1):
        words = (number, _KINDS[kind], *head, _plain(quantity), _plain(price))
        yield (*words, amount, _RATES[rate], tax, amount + tax, _STATES[state], drawer)


def _plain(value: Any) -> str:
    """Write a quantity or price with the decimals it has and no more."""
    if value is None:
        return ""
    figures = f"{value:f}"
    return figures.rstrip("0").rstrip(".") if "." in figures else figures


class _Rows(Iterable[tuple[Cell, ...]]):
    """Rows that are read from the database anew whenever somebody goes through them."""

    def __init__(self, read: Callable[[], Iterator[tuple[Cell, ...]]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        return self._read()


_HEAD = ("kind", "code", "number", "dated_on", "buyer_name", "amount", "tax", "total")


def _head_columns() -> tuple[Column, ...]:
    return (
        text(_("票种")),
        text(_("发票代码")),
        text(_("发票号码"), 22),
        day(_("开票日期")),
        text(_("购买方名称"), 30),
        money(_("金额")),
        money(_("税额")),
        money(_("价税合计")),
    )


def _listed(
    found: Any, more: tuple[Column, ...], names: tuple[str, ...], write: Callable[..., tuple[Cell, ...]]
) -> Table:
    def rows() -> Iterator[tuple[Cell, ...]]:
        for kind, *rest in found.values_list(*_HEAD, *names).iterator(chunk_size=_CHUNK):
            yield (_KINDS[kind], *rest[:7], *write(*rest[7:]))

    return Table("", (*_head_columns(), *more), _Rows(rows))


def count_unsent(asked: Asked) -> int:
    """Say how many invoices are not uploaded."""
    return _invoices(asked).not_uploaded().count()


def unsent(asked: Asked) -> tuple[Table, ...]:
    """Return the invoices that are not uploaded: how long since, how long the disk still allows, and why."""
    now = clock.now()

    def write(issued_at: Any, hours: int, reason: str) -> tuple[Cell, ...]:
        passed = int((now - issued_at).total_seconds() // 3600) if issued_at else 0
        left = max(0, hours - passed)
        return (passed, left, reason)

    more = (count(_("离线时长（小时）")), count(_("剩余时限（小时）")), text(_("原因"), 30))
    found = _invoices(asked).not_uploaded()
    return (_listed(found, more, ("issued_at", "device__offline_hours_limit", "error_text"), write),)


def count_unprinted(asked: Asked) -> int:
    """Say how many paper invoices were never printed."""
    return _invoices(asked).not_printed().count()


def unprinted(asked: Asked) -> tuple[Table, ...]:
    """Return the valid paper invoices that were never printed."""
    return (_listed(_invoices(asked).not_printed(), (), (), lambda: ()),)


def _undone(asked: Asked) -> Any:
    return _invoices(asked).filter(Q(state=InvoiceState.VOIDED) | Q(total__lt=0, number__gt=""))


def count_undone(asked: Asked) -> int:
    """Say how many invoices were voided or are negative."""
    return int(_undone(asked).count())


def undone(asked: Asked) -> tuple[Table, ...]:
    """Return the voided and the negative invoices with who, when and why."""

    def write(state: str, voided_at: Any, who: str, reason: str, red: str) -> tuple[Cell, ...]:
        if state != InvoiceState.VOIDED:
            return (_("红字"), None, "", str(RedReason(red).label) if red else "")
        return (_("作废"), timezone.localdate(voided_at), who or "", reason)

    more = (text(_("类别"), 8), day(_("作废日期")), text(_("作废人"), 12), text(_("原因"), 30))
    found = _undone(asked).annotate(who=F("voided_by__display_name"))
    return (_listed(found, more, ("state", "voided_at", "who", "void_reason", "red_reason"), write),)
