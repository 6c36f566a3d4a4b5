"""Why a failing rule does not keep a disk from being cleared: the whitelist, and what the exception post lifted."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.choices import ExceptionState, MeasureKind, RuleOutcome
from filing.models import ComparisonException
from filing.rules.comparison import ALWAYS_HELD
from filing.rules.comparison.base import Finding
from filing.selectors.measures import WHITELISTED
from taxhall.common.money import ZERO
from taxhall.common.parts import Found, Parts, fetch, latest
from taxhall.common.periods import TaxPeriod

LIFTED = """(SELECT 'lifted' AS what, differences::text AS code, '' AS kind, decision AS words, id AS count,
    NULL::numeric AS amount, NULL::numeric AS tax, NULL::date AS day
    FROM filing_comparisonexception WHERE taxpayer_id = %(taxpayer)s AND compared_start = %(start)s
    AND compared_end = %(end)s AND state = 'lifted')"""


def with_waivers(
    taxpayer: Taxpayer, period: TaxPeriod, findings: tuple[Finding, ...], measures: Parts
) -> tuple[Finding, ...]:
    """Return the findings as what officers agreed on leaves them: rules put off, tolerances, whitelist, lifted ones.

    What one company was allowed is looked up only where a rule blocks that may be set aside.
    """
    findings = _measured(findings, measures)
    if not any(each.is_blocking and each.rule.code not in ALWAYS_HELD for each in findings):
        return findings
    agreed = fetch(WHITELISTED, LIFTED, taxpayer=taxpayer.pk, start=period.start, end=period.end)
    lifted, listed = _lifted(findings, agreed), latest(agreed.of("whitelisted"))
    return tuple(_waived(each, lifted, listed) if each.is_blocking else each for each in findings)


def _measured(findings: tuple[Finding, ...], measures: Parts) -> tuple[Finding, ...]:
    suspended = latest(measures.of("measure"), kind=MeasureKind.SUSPEND)
    widened = latest(measures.of("measure"), kind=MeasureKind.TOLERANCE)
    if not suspended and not widened:
        return findings
    found = []
    for each in findings:
        if each.rule.code in suspended:
            row = suspended[each.rule.code]
            words = _("暂停比对（第 %(pk)s 号）：%(reason)s") % {"pk": row.number, "reason": row.words}
            found.append(replace(each, outcome=RuleOutcome.NOT_APPLICABLE, waived=words, rule_measure=row.number))
        elif each.rule.code in widened:
            found.append(replace(each, rule_measure=widened[each.rule.code].number))
        else:
            found.append(each)
    return tuple(found)


def _waived(finding: Finding, lifted: dict[str, str], listed: dict[str, Found]) -> Finding:
    if entry := listed.get(finding.rule.code):
        words = _("白名单（第 %(pk)s 号）：%(reason)s") % {"pk": entry.number, "reason": entry.words}
        return replace(finding, waived=words, whitelist_entry=entry.number)
    return replace(finding, waived=lifted.get(finding.rule.code, ""))


def _lifted(findings: tuple[Finding, ...], agreed: Parts) -> dict[str, str]:
    """Return what was lifted; a difference that grew since is a new one."""
    found: dict[str, str] = {}
    gaps = {each.rule.code: abs(each.difference or ZERO) for each in findings}
    for row in sorted(agreed.of("lifted"), key=lambda row: row.number or 0, reverse=True):
        for code, text in json.loads(row.code).items():
            if gaps.get(code, ZERO) <= abs(Decimal(text)):
                found[code] = _("异常已解除：%(reason)s") % {"reason": row.words}
    return found


def find_exception(*, taxpayer: Taxpayer, period: TaxPeriod, is_open: bool = False) -> ComparisonException | None:
    """Return the last exception of a period that was handed over; the open one when asked so."""
    rows = ComparisonException.objects.filter(taxpayer=taxpayer, compared_start=period.start, compared_end=period.end)
    return rows.filter(state=ExceptionState.OPEN).first() if is_open else rows.first()
