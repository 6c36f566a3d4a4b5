"""发票领用存月报: what blank invoices a company had, got, used and gave back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from devices import selectors as device_selectors
from devices.choices import InvoiceKind, OrderAction, TotalKind
from devices.models import Device, OrderReceiptRecord
from invoicing.models import ALL_RATES, MonthTotal
from invoicing.reports.base import Asked, count, text
from taxhall.common.tables import Cell, Table

_PARTS = (TotalKind.POSITIVE, TotalKind.NEGATIVE, TotalKind.POSITIVE_VOID, TotalKind.NEGATIVE_VOID)
_MOVES = (OrderAction.ADD_STOCK, OrderAction.RETURN_STOCK)


def stock(asked: Asked) -> tuple[Table, ...]:
    """Return one row per disk and kind of invoice.

    Rule: 期末 = 期初 + 购进 - 退回 - 正数 - 负数 - 正废 - 负废, where 正数 leaves the voided ones out. What is left
    now is known from the disk; the end of the month is counted back from it over all that happened since.
    """
    rows: list[tuple[Cell, ...]] = []
    for device in Device.objects.filter(taxpayer=asked.taxpayer).order_by("serial"):
        rows += _of_device(asked, device)
    labels = [str(part.label) + _("份数") for part in _PARTS]
    heads = [_("期初库存"), _("本期购进"), _("本期退回"), *labels, _("期末库存")]
    columns = (text(_("税控设备"), 16), text(_("票种"), 22), *(count(label) for label in heads))
    sums: list[Cell] = [sum(int(str(row[index])) for row in rows) for index in range(2, len(columns))]
    totals = (_("合计"), "", *sums)
    return (Table("", columns, rows, totals),)


def _of_device(asked: Asked, device: Device) -> Iterable[tuple[Cell, ...]]:
    moves = list(OrderReceiptRecord.objects.filter(device=device, action__in=_MOVES).select_related("command"))
    for item in device_selectors.list_authorisations(device):
        kind, period = item.invoice_kind, asked.period
        used, later_used = _used(device, kind, period.start, period.end), _used(device, kind, period.next().start, None)
        bought, returned = _moved(moves, kind, period.start, period.end)
        later_bought, later_returned = _moved(moves, kind, period.next().start, None)
        closing = item.remaining + sum(later_used.values()) - later_bought + later_returned
        opening = closing + sum(used.values()) - bought + returned
        parts = (used[part.value] for part in _PARTS)
        yield (device.serial, str(InvoiceKind(kind).label), opening, bought, returned, *parts, closing)


def _used(device: Device, kind: str, since: date, until: date | None) -> Counter[str]:
    found = MonthTotal.objects.filter(device=device, kind=kind, rate=ALL_RATES, month__gte=since)
    if until is not None:
        found = found.filter(month__lte=until)
    return Counter(dict(found.order_by().values_list("total_kind").annotate(Sum("count"))))


def _moved(moves: Iterable[Any], kind: str, since: date, until: date | None) -> tuple[int, int]:
    """Return how many blank invoices of a kind came and went between two days."""
    found = dict.fromkeys(_MOVES, 0)
    for record in moves:
        moved_on = timezone.localdate(record.applied_at)
        if record.command is None or moved_on < since or (until is not None and moved_on > until):
            continue
        for segment in record.command.payload.get("segments", ()):
            if segment["kind"] == kind:
                found[OrderAction(record.action)] += int(segment["end_number"]) - int(segment["next_number"]) + 1
    return found[OrderAction.ADD_STOCK], found[OrderAction.RETURN_STOCK]
