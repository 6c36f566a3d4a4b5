"""What the comparison rules look at, gathered for one taxpayer and period, and what they find."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from accounts.choices import TaxpayerKind
from accounts.models import Taxpayer
from filing.choices import HELD_PAYMENTS
from filing.models import TaxReturn
from filing.rules.comparison import compare, rules_for
from filing.rules.comparison.base import ComparisonFacts, Finding
from filing.rules.computation import Sheet
from filing.rules.definition import CellKey
from filing.selectors.dues import RECEIVED, received_of
from filing.selectors.measures import MEASURES, WHITELISTED
from filing.selectors.policies import TOLERANCES, tolerances_of
from filing.selectors.sheet_facts import INPUTS, PREPAID, input_facts, prepaid_of
from filing.selectors.sheets import current_sheet
from filing.selectors.waivers import LIFTED, with_waivers
from invoicing import selectors as invoicing_selectors
from invoicing.selectors import SOLD, SalesRow
from taxhall.common import clock
from taxhall.common.money import ZERO, round_money
from taxhall.common.parts import Part, Rows, fetch
from taxhall.common.periods import TaxPeriod

_RELIEFS = Part(
    "reliefs",
    """SELECT id FROM filing_reliefregistration WHERE taxpayer_id = %(taxpayer)s AND valid_from <= %(end)s
    AND (valid_to IS NULL OR valid_to >= %(start)s)""",
)
_FOR_ALL = (SOLD, PREPAID, _RELIEFS, RECEIVED, TOLERANCES, MEASURES, WHITELISTED, LIFTED)


def comparison_facts(
    *, taxpayer: Taxpayer, period: TaxPeriod, tax_return: TaxReturn | None, sheet: Sheet | None = None
) -> ComparisonFacts:
    """Return declared and measured numbers of a period; quarterly filers' three months together."""
    return _facts(taxpayer, period, tax_return, sheet, _gathered(taxpayer, period, tax_return))


def comparison_findings(
    *, taxpayer: Taxpayer, period: TaxPeriod, tax_return: TaxReturn | None, sheet: Sheet | None = None
) -> tuple[Finding, ...]:
    """Apply every rule to a period, with today's tolerances and with what officers agreed on.

    All but the form and what sellers took back is fetched as one statement, so that the rules look at one moment.
    """
    found = _gathered(taxpayer, period, tax_return)
    facts = _facts(taxpayer, period, tax_return, sheet, found)
    rules = rules_for(taxpayer.kind, period.end)
    return with_waivers(compare(facts, tolerances_of(found), rules), found)


def preview_comparison(tax_return: TaxReturn, sheet: Sheet) -> tuple[Finding, ...]:
    """Apply the rules to a draft as it would be filed now, so that a difference shows before filing."""
    return comparison_findings(
        taxpayer=tax_return.taxpayer, period=tax_return.period, tax_return=tax_return, sheet=sheet
    )


def _gathered(taxpayer: Taxpayer, period: TaxPeriod, tax_return: TaxReturn | None) -> Rows:
    return fetch(
        *_FOR_ALL,
        *(INPUTS if taxpayer.kind == TaxpayerKind.GENERAL else ()),
        taxpayer=taxpayer.pk,
        start=period.start,
        end=period.end,
        today=clock.today(),
        tax_return=tax_return.pk if tax_return else None,
        held=list(HELD_PAYMENTS),
    )


def _facts(
    taxpayer: Taxpayer, period: TaxPeriod, tax_return: TaxReturn | None, sheet: Sheet | None, found: Rows
) -> ComparisonFacts:
    if tax_return is not None and sheet is None:
        sheet = current_sheet(tax_return)
    taxed = [row for row in invoicing_selectors.sales_rows(found) if row.column != "untaxed"]
    return ComparisonFacts(
        has_return=tax_return is not None,
        declared=sheet.compared if sheet else {},
        tax_due=sheet.tax_due if sheet else ZERO,
        issued_special=sum((row.amount for row in taxed if row.is_special), ZERO),
        issued_ordinary=sum((row.amount for row in taxed if not row.is_special), ZERO),
        really_prepaid=prepaid_of(found),
        has_relief_registration=bool(found["reliefs"]),
        tax_received=received_of(found) + tax_return.paid_before if tax_return else ZERO,
        broken_checks=len(sheet.mandatory_problems) if sheet else 0,
        known=_known(taxpayer, period, taxed, sheet, found) if taxpayer.kind == TaxpayerKind.GENERAL else {},
    )


def _known(
    taxpayer: Taxpayer, period: TaxPeriod, taxed: Sequence[SalesRow], sheet: Sheet | None, found: Rows
) -> dict[str, Decimal]:
    inputs = input_facts(taxpayer, period, found)
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
        "relief_allowed": _relief_allowed(inputs, sheet, is_registered=bool(found["reliefs"])),
        "prepaid": prepaid_of(found),
    }


def _relief_allowed(inputs: dict[str, Decimal], sheet: Sheet | None, *, is_registered: bool) -> Decimal:
    """Return what line 23 may be: fees for tax devices with what was left of them, 3% less 2%, registered reliefs."""
    if sheet is None:
        return ZERO
    carried = sheet.inputs.previous.get(CellKey("credit", "1", "6"), ZERO)
    reduced = sheet.inputs.policies["levy_3"] - sheet.inputs.policies["used_asset"]
    used_assets = round_money(max(ZERO, sheet.compared["simple_3_sales"]) * reduced)
    registered = sheet.compared["other_relief"] if is_registered else ZERO
    return carried + inputs.get("input.fee.2", ZERO) + used_assets + registered
