"""What the applications below say about a period: the return, its payment, its comparison, the type."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.choices import PeriodKind
from accounts.models import Taxpayer
from clearcard.models import ClearCardCase
from clearcard.rules import types as type_rules
from clearcard.shapes import TypeOption
from filing import selectors as filing_selectors
from filing.choices import RunOutcome
from filing.models import ComparisonRun, TaxReturn
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class FilingState:
    """How far the return that goes with a month has come."""

    period: TaxPeriod | None
    tax_return: TaxReturn | None
    run: ComparisonRun | None
    no_return: str = ""

    @property
    def is_due(self) -> bool:
        """Whether a return goes with the month at all."""
        return self.period is not None

    @property
    def is_filed(self) -> bool:
        """Whether it was accepted."""
        return self.tax_return is not None and not self.tax_return.is_draft

    @property
    def is_settled(self) -> bool:
        """Whether nothing is owed on it."""
        return self.tax_return is not None and self.is_filed and filing_selectors.is_settled(self.tax_return)

    @property
    def is_compared(self) -> bool:
        """Whether the comparison found agreement."""
        return self.run is not None and self.run.outcome != RunOutcome.DIFFERS

    @property
    def label(self) -> str:
        """The return in words."""
        if self.period is None:
            return self.no_return
        if self.tax_return is None or not self.is_filed:
            return _("%(p)s的增值税申报表还没有申报") % {"p": self.period.label}
        return _("%(p)s已申报，受理编号 %(n)s") % {"p": self.period.label, "n": self.tax_return.receipt_number}


def filing_state(*, taxpayer: Taxpayer, month: TaxPeriod) -> FilingState:
    """Return the return that is due with a month and how it stands."""
    period = filing_selectors.return_period(taxpayer, month)
    tax_return = filing_selectors.find_return(taxpayer=taxpayer, period=period) if period else None
    run = filing_selectors.latest_comparison(taxpayer=taxpayer, period=month)
    return FilingState(period, tax_return, run, "" if period else filing_selectors.no_return_words(taxpayer, month))


def type_facts(case: ClearCardCase) -> type_rules.TypeFacts:
    """Return what decides between the types of clearing."""
    return type_rules.TypeFacts(
        period=case.period,
        is_quarterly=filing_selectors.period_kinds(case.taxpayer).on(case.period_end) == PeriodKind.QUARTERLY,
        lock_date=case.old_cut_off or case.device.issue_allowed_until,
        today=clock.today(),
    )


def type_options(case: ClearCardCase) -> tuple[TypeOption, ...]:
    """Return the four cards of the type page."""
    return type_rules.type_options(type_facts(case))
