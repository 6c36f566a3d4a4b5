"""The three-way table: disk, ledger and return side by side, by kind and rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

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


def folded(sides: Mapping[Key, Side], kind_of: Callable[[str], str]) -> dict[Key, Side]:
    """Add up the kinds that a return does not tell apart, each under the kind that stands for them."""
    found: dict[Key, list[Side]] = {}
    for (kind, rate), side in sides.items():
        found.setdefault((kind_of(kind), rate), []).append(side)
    return {key: total_of(dict(enumerate(each))) for key, each in found.items()}


def total_of(sides: Mapping[Any, Side]) -> Side:
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
    declared = _declared_side(parties, key)
    reference = device or Side(count=0)
    # 不征税 invoices are no sales and stand on no return (domain sheet 2.2 G1).
    is_declared = declared is not None and key[1] != TaxRate.UNTAXED
    lacking = declared.amount - basis.amount if declared is not None and is_declared else None
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


def _declared_side(parties: Parties, key: Key) -> Side | None:
    """Return what was declared; nothing for a kind that stands on the return under another one's name."""
    if parties.declared is None or (key not in parties.declared and key not in parties.basis):
        return None
    return parties.declared.get(key, Side())


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


def table_to_json(rows: tuple[ThreeWayRow, ...]) -> list[dict[str, Any]]:
    """Write the rows for the snapshot; amounts as text, so that nothing is rounded."""
    return [_row_to_json(row) for row in rows]


def _row_to_json(row: ThreeWayRow) -> dict[str, Any]:
    plain = {
        "kind": row.kind,
        "rate": row.rate,
        "difference_count": row.difference_count,
        "difference_amount": str(row.difference_amount),
        "difference_tax": str(row.difference_tax),
        "declared_difference": None if row.declared_difference is None else str(row.declared_difference),
        "agrees": row.agrees,
        "likely_cause": row.likely_cause,
    }
    return plain | {name: side_to_json(getattr(row, name)) for name in ("device", "ledger", "declared", "basis")}


def side_to_json(side: Side | None) -> dict[str, Any] | None:
    """Write one side."""
    if side is None:
        return None
    return {"count": side.count, "amount": str(side.amount), "tax": str(side.tax), "void_count": side.void_count}


def rows_from_json(items: Iterable[Mapping[str, Any]]) -> tuple[ThreeWayRow, ...]:
    """Read the rows back as they were shown."""
    return tuple(_row_from_json(item) for item in items)


def _row_from_json(item: Mapping[str, Any]) -> ThreeWayRow:
    lacking = item["declared_difference"]
    return ThreeWayRow(
        kind=item["kind"],
        kind_label=_kind_label(item["kind"]),
        rate=item["rate"],
        rate_label=_rate_label(item["rate"]),
        device=side_from_json(item["device"]),
        ledger=side_from_json(item["ledger"]),
        declared=side_from_json(item["declared"]),
        basis=side_from_json(item["basis"]),
        difference_count=item["difference_count"],
        difference_amount=Decimal(item["difference_amount"]),
        difference_tax=Decimal(item["difference_tax"]),
        declared_difference=None if lacking is None else Decimal(lacking),
        agrees=item["agrees"],
        likely_cause=item["likely_cause"],
    )


def side_from_json(item: Mapping[str, Any] | None) -> Side | None:
    """Read one side back."""
    if item is None:
        return None
    return Side(item["count"], Decimal(item["amount"]), Decimal(item["tax"]), item["void_count"])
