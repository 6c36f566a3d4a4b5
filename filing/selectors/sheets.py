"""The computed form of a return: a draft from today's invoices, a filed one as it was filed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Taxpayer
from filing.choices import CellKind, ReturnStatus
from filing.models import ReturnLine, TaxReturn
from filing.rules import library
from filing.rules.computation import Entry, Inputs, Sheet, compute
from filing.rules.definition import CellKey, FormDefinition
from filing.selectors.policies import policy_values
from filing.selectors.sheet_facts import sheet_facts
from invoicing import selectors as invoicing_selectors
from invoicing.choices import DEDUCTIBLE_KINDS
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
        facts=sheet_facts(definition, taxpayer, period, previous=previous),
        policies=policy_values(definition, taxpayer=taxpayer, period=period),
        previous=before,
        year_to_date=before if same_year else {},
        entries=stored_entries(tax_return) if entries is None else entries,
    )
    return compute(definition, inputs)


def facts_today(tax_return: TaxReturn) -> dict[str, Decimal]:
    """Return what the hall knows today of the period of a return, whatever was filed meanwhile."""
    definition, previous = definition_of(tax_return), _previous_return(tax_return)
    return sheet_facts(definition, tax_return.taxpayer, tax_return.period, previous=previous)


def stored_entries(tax_return: TaxReturn) -> dict[CellKey, Entry]:
    """Return what the taxpayer entered so far: own numbers and reasoned changes of prefilled ones."""
    return {
        CellKey(line.schedule, line.line, line.column): Entry(line.value, line.reason)
        for line in tax_return.lines.all()
        if line.value is not None and (line.kind == CellKind.ENTERED or line.is_overridden)
    }


def declared_kind(kind: str) -> str:
    """Return the usual kind of the family in which a return declares invoices of this kind."""
    return _FAMILY_KINDS["special" if kind in DEDUCTIBLE_KINDS else "ordinary"]


def declared_rows(tax_return: TaxReturn) -> tuple[DeclaredRow, ...]:
    """Return what a return declares by invoice family and rate, comparable with disk and ledger."""
    sheet = current_sheet(tax_return)
    found: dict[tuple[str, str], tuple[Decimal, Decimal | None]] = {}
    for family, rate, amount, tax in _declared(sheet):
        before, tax_before = found.get((family, rate), (ZERO, None))
        found[family, rate] = (before + amount, tax if tax_before is None else tax_before + (tax or ZERO))
    return tuple(
        DeclaredRow(family, _FAMILY_KINDS[family], rate, amount, _tax(amount, rate) if tax is None else tax)
        for (family, rate), (amount, tax) in found.items()
        if amount
    )


def _declared(sheet: Sheet) -> Iterator[tuple[str, str, Decimal, Decimal | None]]:
    """Yield family, rate, amount and the tax where the form has a cell for it."""
    for schedule in sheet.definition.schedules:
        for line in schedule.lines:
            if line.declares is not None:
                amounts = [sheet.amount(schedule.code, line.number, each) for each in line.columns]
                yield *line.declares, sum(amounts, ZERO), None
            for column in schedule.columns if line.rate else ():
                if column.declares and column.code in line.columns:
                    has_tax = column.tax_column in line.columns
                    tax = sheet.amount(schedule.code, line.number, column.tax_column) if has_tax else ZERO
                    yield column.declares, line.rate, sheet.amount(schedule.code, line.number, column.code), tax


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
