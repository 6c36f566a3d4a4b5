"""Why a failing rule does not keep a disk from being cleared: the whitelist, and what the exception post lifted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.choices import ExceptionState
from filing.models import ComparisonException, WhitelistEntry
from filing.rules.comparison.base import Finding
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod


def with_waivers(taxpayer: Taxpayer, period: TaxPeriod, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings, with the blocking ones waived that the whitelist or the exception post covers."""
    if not any(each.is_blocking for each in findings):
        return findings
    words = {**_lifted(taxpayer, period, findings), **_listed(taxpayer, period)}
    return tuple(
        replace(each, waived=words[each.rule.code]) if each.is_blocking and each.rule.code in words else each
        for each in findings
    )


def _listed(taxpayer: Taxpayer, period: TaxPeriod) -> dict[str, str]:
    rows = WhitelistEntry.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=period.end), taxpayer=taxpayer, valid_from__lte=period.end
    )
    return {row.rule_code: _("白名单：%(reason)s") % {"reason": row.reason} for row in rows}


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
