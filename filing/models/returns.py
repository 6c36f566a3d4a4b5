"""Tax returns, their cells and their receipts."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from filing.choices import GONE_STATES, CellKind, ReturnStatus
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel, TimestampedModel
from taxhall.common.money import ZERO, MoneyField
from taxhall.common.periods import TaxPeriod


class TaxReturn(TimestampedModel):
    """One return of one taxpayer and period; its cells change only while it is a draft (暂存)."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="tax_returns", verbose_name=_("纳税人")
    )
    form_code = models.CharField(_("申报表"), max_length=40)
    form_version = models.CharField(_("表单版本"), max_length=20)
    period_start = models.DateField(_("所属期起"))
    period_end = models.DateField(_("所属期止"))
    status = models.CharField(_("状态"), max_length=10, choices=ReturnStatus, default=ReturnStatus.DRAFT)
    version = models.PositiveIntegerField(_("版本"), default=1)
    # The one key of this return: two tabs, a double click and a resend all carry it.
    submit_key = models.CharField(_("提交键"), max_length=64, unique=True, default=uuid.uuid4, editable=False)
    tax_due = MoneyField(_("本期应补（退）税额"), default=ZERO)
    sales_amount = MoneyField(_("销售额"), default=ZERO)
    # When the invoices were last read into it; drafts say so, because invoices may follow.
    prefilled_at = models.DateTimeField(_("预填时间"), null=True, blank=True)
    receipt_number = models.CharField(_("受理编号"), max_length=40, unique=True, null=True, blank=True)
    submitted_at = models.DateTimeField(_("申报时间"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("申报人"),
    )
    due_on = models.DateField(_("申报期限"), null=True, blank=True)
    is_late = models.BooleanField(_("逾期申报"), default=False)
    voided_at = models.DateTimeField(_("作废时间"), null=True, blank=True)
    void_reason = models.CharField(_("作废原因"), max_length=200, blank=True)
    # The return that this one corrects (更正申报), why, and what the treasury had received for it.
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name=_("更正")
    )
    correction_reason = models.CharField(_("更正原因"), max_length=200, blank=True)
    paid_before = MoneyField(_("更正前已缴税额"), default=ZERO)

    class Meta:
        verbose_name = _("申报表")
        verbose_name_plural = _("申报表")
        ordering = ["-period_end", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "form_code", "period_start", "period_end"],
                condition=~Q(status__in=GONE_STATES) & ~Q(status=ReturnStatus.DRAFT, corrects__isnull=False),
                name="filing_return_one_per_period",
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(status=ReturnStatus.DRAFT),
                name="filing_return_one_draft_correction",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | ~Q(correction_reason=""),
                name="filing_return_correction_has_reason",
            ),
            models.CheckConstraint(condition=Q(status__in=ReturnStatus.values), name="filing_return_status_known"),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="filing_return_period_in_order"),
            models.CheckConstraint(
                condition=Q(status=ReturnStatus.DRAFT)
                | Q(receipt_number__isnull=False, submitted_at__isnull=False, submitted_by__isnull=False),
                name="filing_return_submitted_has_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taxpayer_id} {self.period.code} {self.get_status_display()}"

    @property
    def period(self) -> TaxPeriod:
        """The period the return declares."""
        return TaxPeriod(self.period_start, self.period_end)

    @property
    def owed_amount(self) -> Decimal:
        """What is still to be paid for it as a whole: a correction owes only what it adds."""
        return self.tax_due - self.paid_before

    @property
    def is_draft(self) -> bool:
        """Whether its cells may still change."""
        return self.status == ReturnStatus.DRAFT


class ReturnLine(models.Model):
    """One cell of a return: schedule, line, column, with where its value comes from."""

    tax_return = models.ForeignKey(TaxReturn, on_delete=models.PROTECT, related_name="lines")
    schedule = models.CharField(_("表"), max_length=30)
    line = models.CharField(_("栏次"), max_length=10)
    column = models.CharField(_("列"), max_length=30)
    kind = models.CharField(_("来源类别"), max_length=10, choices=CellKind)
    # What the hall put there; null where the taxpayer fills in alone.
    prefilled = models.DecimalField(_("预填数"), max_digits=20, decimal_places=6, null=True, blank=True)
    # What counts; null is blank, which is not zero.
    value = models.DecimalField(_("申报数"), max_digits=20, decimal_places=6, null=True, blank=True)
    is_overridden = models.BooleanField(_("已修改"), default=False)
    reason = models.CharField(_("修改原因"), max_length=200, blank=True)
    source = models.CharField(_("来源"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("申报表栏次")
        verbose_name_plural = _("申报表栏次")
        constraints = [
            models.UniqueConstraint(
                fields=["tax_return", "schedule", "line", "column"], name="filing_line_one_per_cell"
            ),
            models.CheckConstraint(condition=Q(kind__in=CellKind.values), name="filing_line_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}.{self.line}[{self.column}] = {self.value}"


class ReturnReceipt(AppendOnlyModel):
    """The proof that a return was accepted, with the content it was accepted with (申报回执)."""

    tax_return = models.OneToOneField(TaxReturn, on_delete=models.PROTECT, related_name="receipt")
    number = models.CharField(_("受理编号"), max_length=40, unique=True)
    received_at = models.DateTimeField(_("受理时间"), default=clock.now)
    due_on = models.DateField(_("申报期限"))
    is_late = models.BooleanField(_("逾期申报"))
    tax_due = MoneyField(_("应补（退）税额"))
    digest = models.CharField(_("内容摘要"), max_length=64)
    content = models.JSONField(_("申报内容"))

    class Meta:
        verbose_name = _("申报回执")
        verbose_name_plural = _("申报回执")

    def __str__(self) -> str:
        return self.number
