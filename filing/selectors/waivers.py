"""Why a failing rule does not keep a disk from being cleared: the whitelist, and what the exception post lifted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from operator import itemgetter

from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.choices import ExceptionState, MeasureKind, RuleOutcome
from filing.models import ComparisonException
from filing.rules.comparison import ALWAYS_HELD
from filing.rules.comparison.base import Finding
from filing.selectors.measures import measures_of
from taxhall.common.money import ZERO
from taxhall.common.parts import Part, Row, Rows
from taxhall.common.periods import TaxPeriod

LIFTED = Part(
    "lifted",
    """SELECT id, differences, decision FROM filing_comparisonexception WHERE taxpayer_id = %(taxpayer)s
    AND compared_start = %(start)s AND compared_end = %(end)s AND state = 'lifted'""",
)


def with_waivers(findings: tuple[Finding, ...], agreed: Rows) -> tuple[Finding, ...]:
    """Return the findings as what officers agreed on leaves them: rules put off, tolerances, whitelist, lifted ones."""
    findings = _measured(findings, agreed)
    if not any(each.is_blocking and each.rule.code not in ALWAYS_HELD for each in findings):
        return findings
    lifted, listed = _lifted(findings, agreed), {row["rule_code"]: row for row in agreed["whitelisted"]}
    return tuple(_waived(each, lifted, listed) if each.is_blocking else each for each in findings)


def _measured(findings: tuple[Finding, ...], measures: Rows) -> tuple[Finding, ...]:
    suspended = measures_of(measures, MeasureKind.SUSPEND)
    widened = measures_of(measures, MeasureKind.TOLERANCE)
    if not suspended and not widened:
        return findings
    found = []
    for each in findings:
        if each.rule.code in suspended:
            row = suspended[each.rule.code]
            words = _("暂停比对（第 %(pk)s 号）：%(reason)s") % {"pk": row["id"], "reason": row["reason"]}
            found.append(replace(each, outcome=RuleOutcome.NOT_APPLICABLE, waived=words, rule_measure=row["id"]))
        elif each.rule.code in widened:
            found.append(replace(each, rule_measure=widened[each.rule.code]["id"]))
        else:
            found.append(each)
    return tuple(found)


def _waived(finding: Finding, lifted: dict[str, str], listed: dict[str, Row]) -> Finding:
    if entry := listed.get(finding.rule.code):
        words = _("白名单（第 %(pk)s 号）：%(reason)s") % {"pk": entry["id"], "reason": entry["reason"]}
        return replace(finding, waived=words, whitelist_entry=entry["id"])
    return replace(finding, waived=lifted.get(finding.rule.code, ""))


def _lifted(findings: tuple[Finding, ...], agreed: Rows) -> dict[str, str]:
    """Return what was lifted; a difference that grew since is a new one."""
    found: dict[str, str] = {}
    gaps = {each.rule.code: abs(each.difference or ZERO) for each in findings}
    for row in sorted(agreed["lifted"], key=itemgetter("id"), reverse=True):
        for code, text in row["differences"].items():
            if gaps.get(code, ZERO) <= abs(Decimal(text)):
                found[code] = _("异常已解除：%(reason)s") % {"reason": row["decision"]}
    return found


def find_exception(*, taxpayer: Taxpayer, period: TaxPeriod, is_open: bool = False) -> ComparisonException | None:
    """Return the last exception of a period that was handed over; the open one when asked so."""
    rows = ComparisonException.objects.filter(taxpayer=taxpayer, compared_start=period.start, compared_end=period.end)
    return rows.filter(state=ExceptionState.OPEN).first() if is_open else rows.first()
