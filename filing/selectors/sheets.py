"""The computed form of a return: a draft from today's invoices, a filed one as it was filed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from accounts.choices import EntityKind
from accounts.models import Taxpayer
from devices import selectors as device_selectors
from filing.choices import CellKind, ReturnStatus
from filing.models import Prepayment, ReturnLine, TaxReturn
from filing.rules import library
from filing.rules.computation import Entry, Inputs, Sheet, compute
from filing.rules.definition import CellKey, FormDefinition
from filing.selectors.policies import policy_values
from invoicing import selectors as invoicing_selectors
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod

_RATES = ("1", "3", "5")
_FAMILY_KINDS = {"special": "004", "ordinary": "007", "unbilled": ""}


@dataclass(frozen=True)
class DeclaredRow:
    """What a return declares for one family of invoices and one rate; `kind` is the family's usual kind."""

    family: str
    kind: str
    rate: str
    amount: Decimal
    tax: Decimal


def definition_of(tax_return: TaxReturn) -> FormDefinition:
    """Return the form version a return was begun with."""
    return library.get_definition(tax_return.form_code, tax_return.form_version)


def current_sheet(tax_return: TaxReturn, entries: Mapping[CellKey, Entry] | None = None) -> Sheet:
    """Compute a return: with the stored entries, or with others that are about to be saved."""
    definition = definition_of(tax_return)
    if not tax_return.is_draft:
        return _filed_sheet(tax_return, definition)
    taxpayer, period = tax_return.taxpayer, tax_return.period
    previous = _previous_return(tax_return)
    before = _values(previous) if previous else {}
    same_year = previous is not None and previous.period_end.year == tax_return.period_start.year
    inputs = Inputs(
        facts=_facts(taxpayer, period, is_year_known=same_year or tax_return.period_start.month == 1),
        policies=policy_values(definition, taxpayer=taxpayer, period=period),
        previous=before,
        year_to_date=before if same_year else {},
        entries=stored_entries(tax_return) if entries is None else entries,
    )
    return compute(definition, inputs)


def stored_entries(tax_return: TaxReturn) -> dict[CellKey, Entry]:
    """Return what the taxpayer entered so far: own numbers and reasoned changes of prefilled ones."""
    return {
        CellKey(line.schedule, line.line, line.column): Entry(line.value, line.reason)
        for line in tax_return.lines.all()
        if line.value is not None and (line.kind == CellKind.ENTERED or line.is_overridden)
    }


def declared_rows(tax_return: TaxReturn) -> tuple[DeclaredRow, ...]:
    """Return what a return declares by invoice family and rate, comparable with disk and ledger."""
    sheet = current_sheet(tax_return)
    found: dict[tuple[str, str], Decimal] = {}
    for schedule in sheet.definition.schedules:
        for line in schedule.lines:
            if line.declares is not None:
                keys = [CellKey(schedule.code, line.number, each) for each in line.columns]
                found[line.declares] = found.get(line.declares, ZERO) + sum((sheet.cells[k].amount for k in keys), ZERO)
    return tuple(
        DeclaredRow(family, _FAMILY_KINDS[family], rate, amount, _tax(amount, rate))
        for (family, rate), amount in found.items()
        if amount
    )


def is_nothing_sold(*, taxpayer: Taxpayer, period: TaxPeriod) -> bool:
    """Say whether no invoice of the period has an amount, so that a zero return (零申报) is on offer."""
    return not any(row.amount for row in invoicing_selectors.period_sales(taxpayer=taxpayer, period=period).rows)


def _tax(amount: Decimal, rate: str) -> Decimal:
    fraction = Decimal(rate) / 100 if rate in _RATES else ZERO
    return (amount * fraction).quantize(Decimal("0.01"))


def _filed_sheet(tax_return: TaxReturn, definition: FormDefinition) -> Sheet:
    content = tax_return.receipt.content
    inputs = Inputs(
        facts=_decimals(content["facts"]),
        policies=_decimals(content["policies"]),
        previous=_keyed(content["previous"]),
        year_to_date=_keyed(content["year_to_date"]),
        entries=stored_entries(tax_return),
    )
    return compute(definition, inputs)


def _decimals(texts: Mapping[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in texts.items()}


def _keyed(texts: Mapping[str, str]) -> dict[CellKey, Decimal]:
    return {CellKey.parse(name): Decimal(text) for name, text in texts.items()}


def _previous_return(tax_return: TaxReturn) -> TaxReturn | None:
    before = tax_return.period.previous()
    return (
        TaxReturn.objects.filter(
            taxpayer=tax_return.taxpayer_id,
            form_code=tax_return.form_code,
            period_start=before.start,
            period_end=before.end,
            status__in=(ReturnStatus.SUBMITTED, ReturnStatus.PAID),
        )
        .prefetch_related("lines")
        .first()
    )


def _values(tax_return: TaxReturn) -> dict[CellKey, Decimal]:
    lines: list[ReturnLine] = list(tax_return.lines.all())
    return {CellKey(each.schedule, each.line, each.column): each.value for each in lines if each.value is not None}


def _facts(taxpayer: Taxpayer, period: TaxPeriod, *, is_year_known: bool) -> dict[str, Decimal]:
    facts = {
        "is_individual": Decimal(taxpayer.entity_kind == EntityKind.INDIVIDUAL_BUSINESS),
        "is_year_known": Decimal(is_year_known),
        "prepaid.services": _prepaid(taxpayer, period),
        "unsettled_invoices": Decimal(_unsettled(taxpayer, period)),
    }
    for row in invoicing_selectors.period_sales(taxpayer=taxpayer, period=period).rows:
        for name in _sales_facts(row):
            facts[name] = facts.get(name, ZERO) + (abs(row.amount) if name == "unsupported_sales" else row.amount)
    return facts


def _sales_facts(row: invoicing_selectors.SalesRow) -> list[str]:
    if row.column == "untaxed":
        return []
    family = "special" if row.is_special else "ordinary"
    if row.rate not in _RATES and (row.rate != "exempt" or row.is_special):
        return ["unsupported_sales"]
    names = [f"sales.{family}.{row.rate}.{'goods' if row.column == 'goods' else 'services'}"]
    if row.column == "immovable" and row.is_special:
        names.append("sales.special.immovable.services")
    elif row.column == "immovable" and row.rate in ("3", "5"):
        names.append(f"sales.ordinary.immovable_{row.rate}.services")
    return names


def _prepaid(taxpayer: Taxpayer, period: TaxPeriod) -> Decimal:
    rows = Prepayment.objects.filter(taxpayer=taxpayer, paid_on__range=(period.start, period.end))
    return sum((row.amount for row in rows), ZERO)


def _unsettled(taxpayer: Taxpayer, period: TaxPeriod) -> int:
    devices = device_selectors.list_devices(taxpayer=taxpayer)
    return sum(invoicing_selectors.unissued_blockers(device=each, period=period).total for each in devices)
