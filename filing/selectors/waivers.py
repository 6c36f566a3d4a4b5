"""Why a failing rule does not keep a disk from being cleared: the whitelist, and what the exception post lifted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.choices import ExceptionState, MeasureKind, RuleOutcome
from filing.models import ComparisonException, WhitelistEntry
from filing.rules.comparison.base import Finding
from filing.selectors.measures import rule_measures_on, suspended_on, whitelist_on
from taxhall.common import clock
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod


def with_waivers(taxpayer: Taxpayer, period: TaxPeriod, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings as what officers agreed on leaves them: rules put off, tolerances, whitelist, lifted ones.

    The whitelist is looked at by the period, a measure about a rule by the day of comparing.
    """
    findings = _measured(findings)
    if not any(each.is_blocking for each in findings):
        return findings
    lifted, listed = _lifted(taxpayer, period, findings), whitelist_on(taxpayer=taxpayer, day=period.end)
    return tuple(_waived(each, lifted, listed) if each.is_blocking else each for each in findings)


def _measured(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    today = clock.today()
    suspended, widened = suspended_on(today), rule_measures_on(today, MeasureKind.TOLERANCE)
    found = []
    for each in findings:
        if each.rule.code in suspended:
            row = suspended[each.rule.code]
            words = _("暂停比对（第 %(pk)s 号）：%(reason)s") % {"pk": row.pk, "reason": row.reason}
            found.append(replace(each, outcome=RuleOutcome.NOT_APPLICABLE, waived=words, rule_measure=row.pk))
        elif each.rule.code in widened:
            found.append(replace(each, rule_measure=widened[each.rule.code].pk))
        else:
            found.append(each)
    return tuple(found)


def _waived(finding: Finding, lifted: dict[str, str], listed: dict[str, WhitelistEntry]) -> Finding:
    if entry := listed.get(finding.rule.code):
        words = _("白名单（第 %(pk)s 号）：%(reason)s") % {"pk": entry.pk, "reason": entry.reason}
        return replace(finding, waived=words, whitelist_entry=entry.pk)
    return replace(finding, waived=lifted.get(finding.rule.code, ""))


def _lifted(taxpayer: Taxpayer, period: TaxPeriod, findings: tuple[Finding, ...]) -> dict[str, str]:
    """Return what was lifted; a difference that grew since is a new one."""
    found: dict[str, str] = {}
    gaps = {each.rule.code: abs(each.difference or ZERO) for each in findings}
    rows = ComparisonException.objects.filter(
        taxpayer=taxpayer, compared_start=period.start, compared_end=period.end, state=ExceptionState.LIFTED
    )
    for row in rows:
        for code, text in row.differences.items():
            if gaps.get(code, ZERO) <= abs(Decimal(text)):
                found[code] = _("异常已解除：%(reason)s") % {"reason": row.decision}
    return found


def find_exception(*, taxpayer: Taxpayer, period: TaxPeriod, is_open: bool = False) -> ComparisonException | None:
    """Return the last exception of a period that was handed over; the open one when asked so."""
    rows = ComparisonException.objects.filter(taxpayer=taxpayer, compared_start=period.start, compared_end=period.end)
    return rows.filter(state=ExceptionState.OPEN).first() if is_open else rows.first()
