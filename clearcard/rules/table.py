"""The three-way table: disk, ledger and return side by side, by kind and rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from clearcard.shapes import Side, ThreeWayRow
from devices.choices import InvoiceKind, TotalKind
from taxhall.common.money import ZERO
from taxhall.common.rates import TaxRate

Key = tuple[str, str]
# Cents that arise when a return is rounded as a whole and invoices line by line.
RETURN_TOLERANCE = Decimal("1.00")


class Total(Protocol):
    """What the disk's report and the ledger's totals have in common."""

    @property
    def kind(self) -> str: ...
    @property
    def rate(self) -> str: ...
    @property
    def total_kind(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def tax(self) -> Decimal: ...


@dataclass(frozen=True)
class Parties:
    """What each party says, keyed by kind and rate; None when the party has not spoken at all."""

    device: Mapping[Key, Side] | None
    ledger: Mapping[Key, Side]
    basis: Mapping[Key, Side]
    declared: Mapping[Key, Side] | None


def net_sides(totals: Iterable[Total]) -> dict[Key, Side]:
    """Net the totals per kind and rate: red invoices subtract, voided ones are only counted."""
    sides: dict[Key, Side] = {}
    for total in totals:
        old = sides.get((total.kind, total.rate), Side(count=0))
        sides[(total.kind, total.rate)] = _added(old, total)
    return sides


def _added(side: Side, total: Total) -> Side:
    count = side.count or 0
    if total.total_kind in (TotalKind.POSITIVE_VOID, TotalKind.NEGATIVE_VOID):
        return Side(count, side.amount, side.tax, side.void_count + total.count)
    sign = -1 if total.total_kind == TotalKind.NEGATIVE else 1
    amount = side.amount + sign * abs(total.amount)
    tax = side.tax + sign * abs(total.tax)
    return Side(count + total.count, amount, tax, side.void_count)


def total_of(sides: Mapping[Key, Side]) -> Side:
    """Add the sides up."""
    values = list(sides.values())
    return Side(
        count=sum(each.count or 0 for each in values),
        amount=sum((each.amount for each in values), ZERO),
        tax=sum((each.tax for each in values), ZERO),
        void_count=sum(each.void_count for each in values),
    )


def build_rows(parties: Parties) -> tuple[ThreeWayRow, ...]:
    """Lay the parties side by side, one row per kind and rate that any of them knows.

    Rule: disk and ledger must be equal to the cent and the piece; the return may declare more than
    was invoiced (未开票收入), never less (税总发〔2017〕124号: S <= F).
    """
    keys = set(parties.device or {}) | set(parties.ledger) | set(parties.basis) | set(parties.declared or {})
    return tuple(_row(parties, key) for key in sorted(keys))


def _row(parties: Parties, key: Key) -> ThreeWayRow:
    device = None if parties.device is None else parties.device.get(key, Side(count=0))
    ledger = parties.ledger.get(key, Side(count=0))
    basis = parties.basis.get(key, Side(count=0))
    declared = None if parties.declared is None else parties.declared.get(key, Side())
    reference = device or Side(count=0)
    lacking = None if declared is None else declared.amount - basis.amount
    same_as_disk = device == ledger
    covered = lacking is None or lacking >= -RETURN_TOLERANCE
    return ThreeWayRow(
        kind=key[0],
        kind_label=_kind_label(key[0]),
        rate=key[1],
        rate_label=_rate_label(key[1]),
        device=device,
        ledger=ledger,
        declared=declared,
        basis=basis,
        difference_count=(reference.count or 0) - (ledger.count or 0),
        difference_amount=reference.amount - ledger.amount,
        difference_tax=reference.tax - ledger.tax,
        declared_difference=lacking,
        agrees=same_as_disk and covered,
        likely_cause="" if same_as_disk and covered else _likely_cause(device, ledger, covered=covered),
    )


def _likely_cause(device: Side | None, ledger: Side, *, covered: bool) -> str:
    if device is None:
        return _("设备还没有抄报，暂时没有设备一方的数据。")
    if device == ledger:
        return _("申报销售额小于开票金额，可能漏报，或申报时选错了栏次。") if not covered else ""
    if (device.count or 0) > (ledger.count or 0):
        return _("设备上有台账没有的发票，可能是开票结果还在核实，或在别处开具。")
    if (device.count or 0) < (ledger.count or 0):
        return _("台账多于设备，可能抄报之后又开了发票，请重新抄报。")
    if device.void_count != ledger.void_count:
        return _("作废份数不一致，可能有一张发票只在一方作废。")
    return _("份数相同而金额不同，请逐张核对这一税率的发票。")


def _kind_label(kind: str) -> str:
    return str(InvoiceKind(kind).label) if kind in InvoiceKind.values else _("其他销售额")


def _rate_label(rate: str) -> str:
    return str(TaxRate(rate).label) if rate in TaxRate.values else _("合计")
