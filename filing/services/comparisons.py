"""Comparing return, invoices and payment, and keeping what every rule measured."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policies as account_policies
from accounts import services as account_services
from accounts.models import Taxpayer, User
from filing import selectors
from filing.choices import ReturnStatus, RuleOutcome, RunOutcome
from filing.models import ComparisonResult, ComparisonRun, TaxReturn
from filing.rules.comparison import SMALL_SCALE_RULES
from filing.rules.comparison.base import Finding
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require


@transaction.atomic
def compare_period(*, actor: User | None, taxpayer: Taxpayer, month: TaxPeriod) -> ComparisonRun:
    """Compare a month (a quarterly filer's whole quarter in its last month) and keep the result.

    Rule: 税总发〔2017〕124号; in a month without a return due nothing is compared and clearing is
    allowed. Without an actor the hall itself compares. Raises: NotPermittedError.
    """
    if actor is not None:
        require(account_policies.can_view_taxpayer(actor, taxpayer), _("您无权查看这家企业的比对。"))
    month = TaxPeriod.of_month(month.end)
    period = selectors.return_period(taxpayer, month)
    if period is None:
        findings: tuple[Finding, ...] = ()
        standing = None
    else:
        standing = _filed(selectors.find_return(taxpayer=taxpayer, period=period))
        findings = selectors.comparison_findings(taxpayer=taxpayer, period=period, tax_return=standing)
    run = ComparisonRun.objects.create(
        taxpayer=taxpayer,
        tax_return=standing,
        actor=actor,
        period_start=month.start,
        period_end=month.end,
        compared_start=(period or month).start,
        compared_end=(period or month).end,
        outcome=_outcome(findings, is_due=period is not None),
        is_blocking=any(each.is_blocking for each in findings),
    )
    ComparisonResult.objects.bulk_create(_results(run, findings))
    account_services.record_audit_event(
        actor=actor,
        action="filing.period_compared",
        obj=run,
        taxpayer=taxpayer,
        data={"period": month.code, "outcome": run.outcome, "blocking": run.is_blocking},
    )
    return run


@transaction.atomic
def compare_outdated(*, taxpayer_id: int, month: TaxPeriod) -> ComparisonRun | None:
    """Compare a month again if its standing comparison applied other measures than today's; else change nothing.

    The caller holds what must not be decided meanwhile. Two at once wait here for each other.
    """
    taxpayer = Taxpayer.objects.select_for_update(of=("self",), no_key=True).get(pk=taxpayer_id)
    standing = selectors.latest_comparison(taxpayer=taxpayer, period=month)
    if standing is None or not selectors.is_outdated(standing):
        return None
    return compare_period(actor=None, taxpayer=taxpayer, month=month)


def compare_return(*, return_id: int) -> ComparisonRun | None:
    """Compare the last month of a filed return's period; nothing for another tax, or when it was voided meanwhile."""
    tax_return = TaxReturn.objects.select_related("taxpayer").get(pk=return_id)
    if _filed(tax_return) is None or selectors.definition_of(tax_return).tax != "vat":
        return None
    return compare_period(actor=None, taxpayer=tax_return.taxpayer, month=TaxPeriod.of_month(tax_return.period_end))


def _filed(tax_return: TaxReturn | None) -> TaxReturn | None:
    is_filed = tax_return is not None and tax_return.status in (ReturnStatus.SUBMITTED, ReturnStatus.PAID)
    return tax_return if is_filed else None


def _outcome(findings: Iterable[Finding], *, is_due: bool) -> RunOutcome:
    if not is_due:
        return RunOutcome.NOT_APPLICABLE
    differs = any(each.outcome == RuleOutcome.FAILED for each in findings)
    return RunOutcome.DIFFERS if differs else RunOutcome.AGREED


def _results(run: ComparisonRun, findings: tuple[Finding, ...]) -> list[ComparisonResult]:
    if not findings:
        return [
            ComparisonResult(
                run=run, position=position, rule_code=rule.code, title=str(rule.title), legal_basis=rule.legal_basis,
                outcome=RuleOutcome.NOT_APPLICABLE, blocking=rule.is_blocking, sentence=_("本月不是申报月，无需比对。"),
            )
            for position, rule in enumerate(SMALL_SCALE_RULES, start=1)
        ]  # fmt: skip
    return [
        ComparisonResult(
            run=run, position=position, rule_code=each.rule.code, title=str(each.rule.title),
            legal_basis=each.rule.legal_basis, declared=each.declared, measured=each.measured,
            difference=each.difference, tolerance=each.tolerance, outcome=each.outcome,
            blocking=each.rule.is_blocking, sentence=finding_sentence(each), remedy=_remedy(each),
            waived=each.waived, whitelist_entry_id=each.whitelist_entry, rule_measure_id=each.rule_measure,
        )
        for position, each in enumerate(findings, start=1)
    ]  # fmt: skip


def finding_sentence(finding: Finding) -> str:
    """Say in one sentence what a rule found."""
    if finding.outcome == RuleOutcome.FAILED:
        return str(finding.rule.failing_sentence)
    if finding.outcome == RuleOutcome.NOT_APPLICABLE and finding.waived:
        return finding.waived
    return {
        RuleOutcome.PASSED: _("相符。"),
        RuleOutcome.WITHIN_TOLERANCE: _("差额在容差以内，视为相符。"),
        RuleOutcome.NOT_APPLICABLE: _("本期没有需要比对的内容。"),
    }[finding.outcome]


def _remedy(finding: Finding) -> str:
    return finding.rule.filed_remedy if finding.outcome == RuleOutcome.FAILED else ""
