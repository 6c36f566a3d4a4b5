"""What the comparison rules look at, gathered for one taxpayer and period."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Q

from accounts.models import Taxpayer
from filing.choices import PaymentState
from filing.models import Payment, ReliefRegistration, TaxReturn
from filing.rules.comparison import compare
from filing.rules.comparison.base import ComparisonFacts, Finding
from filing.rules.computation import Sheet
from filing.selectors.policies import tolerances_on
from filing.selectors.sheet_facts import prepaid
from filing.selectors.sheets import current_sheet
from invoicing import selectors as invoicing_selectors
from taxhall.common.money import ZERO
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
    )


def preview_comparison(tax_return: TaxReturn, sheet: Sheet) -> tuple[Finding, ...]:
    """Apply the rules to a draft as it would be filed now, so that a difference shows before filing."""
    period = tax_return.period
    facts = comparison_facts(taxpayer=tax_return.taxpayer, period=period, tax_return=tax_return, sheet=sheet)
    return compare(facts, tolerances_on(period.end))


def _has_registration(taxpayer: Taxpayer, period: TaxPeriod) -> bool:
    valid = Q(valid_to__isnull=True) | Q(valid_to__gte=period.start)
    return ReliefRegistration.objects.filter(valid, taxpayer=taxpayer, valid_from__lte=period.end).exists()


def _received(tax_return: TaxReturn | None) -> Decimal:
    if tax_return is None:
        return ZERO
    rows = Payment.objects.filter(tax_return=tax_return, state=PaymentState.RECEIVED)
    return sum((row.amount for row in rows), tax_return.paid_before)
