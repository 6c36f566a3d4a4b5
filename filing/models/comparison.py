"""Results of comparing return, invoices and payment (一窗式比对)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from filing.choices import RuleOutcome, RunOutcome
from filing.models.measures import RuleMeasure, WhitelistEntry
from filing.models.returns import TaxReturn
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel
from taxhall.common.money import MoneyField
from taxhall.common.periods import TaxPeriod


class ComparisonRun(AppendOnlyModel):
    """One comparison for one taxpayer and month; a later one replaces it, none is changed."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="comparison_runs", verbose_name=_("纳税人")
    )
    tax_return = models.ForeignKey(
        TaxReturn, on_delete=models.PROTECT, null=True, related_name="comparison_runs", verbose_name=_("申报表")
    )
    period_start = models.DateField(_("月份起"))
    period_end = models.DateField(_("月份止"))
    # What was compared: the month, or the quarter's three months together.
    compared_start = models.DateField(_("比对期起"))
    compared_end = models.DateField(_("比对期止"))
    at = models.DateTimeField(_("比对时间"), default=clock.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("发起人")
    )
    outcome = models.CharField(_("结论"), max_length=15, choices=RunOutcome)
    is_blocking = models.BooleanField(_("阻断清卡"))

    class Meta:
        verbose_name = _("申报比对")
        verbose_name_plural = _("申报比对")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["taxpayer", "period_start", "-at"], name="filing_run_latest")]

    def __str__(self) -> str:
        return f"{self.taxpayer_id} {self.period.code} {self.get_outcome_display()}"

    @property
    def period(self) -> TaxPeriod:
        """The month the run answers for."""
        return TaxPeriod(self.period_start, self.period_end)

    @property
    def compared(self) -> TaxPeriod:
        """The period whose figures were compared."""
        return TaxPeriod(self.compared_start, self.compared_end)


class ComparisonResult(AppendOnlyModel):
    """What one rule measured, with the numbers it used."""

    run = models.ForeignKey(ComparisonRun, on_delete=models.PROTECT, related_name="results")
    position = models.PositiveSmallIntegerField()
    rule_code = models.CharField(_("规则"), max_length=20)
    title = models.CharField(_("规则名称"), max_length=100)
    legal_basis = models.CharField(_("依据"), max_length=200)
    declared = MoneyField(_("申报数"), null=True, blank=True)
    measured = MoneyField(_("系统数"), null=True, blank=True)
    difference = MoneyField(_("差额"), null=True, blank=True)
    tolerance = MoneyField(_("容差"), null=True, blank=True)
    outcome = models.CharField(_("结论"), max_length=20, choices=RuleOutcome)
    blocking = models.BooleanField(_("阻断"))
    sentence = models.CharField(_("说明"), max_length=300)
    remedy = models.CharField(_("处理办法"), max_length=300, blank=True)
    waived = models.CharField(_("不阻断的原因"), max_length=250, blank=True)
    # Which entry of the whitelist, or which measure about the rule, was applied.
    whitelist_entry = models.ForeignKey(
        WhitelistEntry, on_delete=models.PROTECT, null=True, related_name="results", verbose_name=_("白名单登记")
    )
    rule_measure = models.ForeignKey(
        RuleMeasure, on_delete=models.PROTECT, null=True, related_name="results", verbose_name=_("规则措施")
    )

    class Meta:
        verbose_name = _("比对结果")
        verbose_name_plural = _("比对结果")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "rule_code"], name="filing_result_one_per_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.get_outcome_display()}"
