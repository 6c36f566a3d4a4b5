"""What the comparison rules look at, gathered for one taxpayer and period."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Q

from accounts.choices import TaxpayerKind
from accounts.models import Taxpayer
from filing.models import ReliefRegistration, TaxReturn
from filing.rules.comparison import compare, rules_for
from filing.rules.comparison.base import ComparisonFacts, Finding
from filing.rules.computation import Sheet
from filing.rules.definition import CellKey
from filing.selectors.dues import received_tax
from filing.selectors.policies import tolerances_now
from filing.selectors.sheet_facts import input_facts, prepaid
from filing.selectors.sheets import current_sheet
from filing.selectors.waivers import with_waivers
from invoicing import selectors as invoicing_selectors
from invoicing.selectors import SalesRow
from taxhall.common.money import ZERO, round_money
from taxhall.common.periods import TaxPeriod


def comparison_facts(
    *, taxpayer: Taxpayer, period: TaxPeriod, tax_return: TaxReturn | None, sheet: Sheet | None = None
) -> ComparisonFacts:
    """Return declared and measured numbers of a period; quarterly filers' three months together."""
    sales = invoicing_selectors.period_sales(taxpayer=taxpayer, period=period)
    if tax_return is not None and sheet is None:
        sheet = current_sheet(tax_return)
    taxed = [row for row in sales.rows if row.column != "untaxed"]
    return ComparisonFacts(
        has_return=tax_return is not None,
        declared=sheet.compared if sheet else {},
        tax_due=sheet.tax_due if sheet else ZERO,
        issued_special=sum((row.amount for row in taxed if row.is_special), ZERO),
        issued_ordinary=sum((row.amount for row in taxed if not row.is_special), ZERO),
        really_prepaid=prepaid(taxpayer, period),
        has_relief_registration=_has_registration(taxpayer, period),
        tax_received=_received(tax_return),
        broken_checks=len(sheet.mandatory_problems) if sheet else 0,
        known=_known(taxpayer, period, taxed, sheet) if taxpayer.kind == TaxpayerKind.GENERAL else {},
    )


def preview_comparison(tax_return: TaxReturn, sheet: Sheet) -> tuple[Finding, ...]:
    """Apply the rules to a draft as it would be filed now, so that a difference shows before filing."""
    period = tax_return.period
    facts = comparison_facts(taxpayer=tax_return.taxpayer, period=period, tax_return=tax_return, sheet=sheet)
    rules = rules_for(tax_return.taxpayer.kind, period.end)
    found = compare(facts, tolerances_now(period.end), rules)
    return with_waivers(tax_return.taxpayer, period, found)


def _known(taxpayer: Taxpayer, period: TaxPeriod, taxed: Sequence[SalesRow], sheet: Sheet | None) -> dict[str, Decimal]:
    inputs = input_facts(taxpayer, period)
    return {
        "issued_amount": sum((row.amount for row in taxed), ZERO),
        "issued_tax": sum((row.tax for row in taxed), ZERO),
        "special_input_amount": inputs.get("input.2.amount", ZERO),
        "special_input_tax": inputs.get("input.2.tax", ZERO),
        "customs_tax": inputs.get("input.5.tax", ZERO),
        "withheld_tax": inputs.get("input.7.tax", ZERO),
        "resale_tax": inputs.get("input.11.tax", ZERO),
        "computed_tax": inputs.get("input.6.tax", ZERO) + inputs.get("input.8b.tax", ZERO),
        "red_transfer": inputs.get("input.20.tax", ZERO),
        "relief_allowed": _relief_allowed(taxpayer, period, inputs, sheet),
        "prepaid": prepaid(taxpayer, period),
    }


def _relief_allowed(taxpayer: Taxpayer, period: TaxPeriod, inputs: dict[str, Decimal], sheet: Sheet | None) -> Decimal:
    """Return what line 23 may be: fees for tax devices with what was left of them, 3% less 2%, registered reliefs."""
    if sheet is None:
        return ZERO
    carried = sheet.inputs.previous.get(CellKey("credit", "1", "6"), ZERO)
    reduced = sheet.inputs.policies["levy_3"] - sheet.inputs.policies["used_asset"]
    used_assets = round_money(max(ZERO, sheet.compared["simple_3_sales"]) * reduced)
    registered = sheet.compared["other_relief"] if _has_registration(taxpayer, period) else ZERO
    return carried + inputs.get("input.fee.2", ZERO) + used_assets + registered


def _has_registration(taxpayer: Taxpayer, period: TaxPeriod) -> bool:
    valid = Q(valid_to__isnull=True) | Q(valid_to__gte=period.start)
    return ReliefRegistration.objects.filter(valid, taxpayer=taxpayer, valid_from__lte=period.end).exists()


def _received(tax_return: TaxReturn | None) -> Decimal:
    if tax_return is None:
        return ZERO
    return received_tax(tax_return) + tax_return.paid_before
