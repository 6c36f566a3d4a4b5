"""What the exception post handles (申报异常处理岗)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from filing.choices import ExceptionState
from filing.models.comparison import ComparisonRun
from taxhall.common.models import TimestampedModel
from taxhall.common.periods import TaxPeriod


class ComparisonException(TimestampedModel):
    """A blocking comparison handed to the exception post (异常转办), until it is lifted or refused."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="comparison_exceptions", verbose_name=_("纳税人")
    )
    run = models.ForeignKey(ComparisonRun, on_delete=models.PROTECT, related_name="exceptions", verbose_name=_("比对"))
    compared_start = models.DateField(_("比对期起"))
    compared_end = models.DateField(_("比对期止"))
    # What blocked, by rule code: only this, and no more of it, is lifted.
    differences = models.JSONField(_("不符项"))
    explanation = models.CharField(_("纳税人说明"), max_length=500)
    state = models.CharField(_("状态"), max_length=10, choices=ExceptionState, default=ExceptionState.OPEN)
    due_on = models.DateField(_("处理期限"))
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("提交人")
    )
    decision = models.CharField(_("处理意见"), max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("处理人"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("申报异常")
        verbose_name_plural = _("申报异常")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "compared_start", "compared_end"],
                condition=Q(state=ExceptionState.OPEN),
                name="filing_exception_one_open_per_period",
            ),
            models.CheckConstraint(condition=Q(state__in=ExceptionState.values), name="filing_exception_state_known"),
            models.CheckConstraint(
                condition=Q(state=ExceptionState.OPEN)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decision="")),
                name="filing_exception_decision_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("submitted_by")),
                name="filing_exception_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taxpayer.name} {self.compared.label} {self.get_state_display()}"

    @property
    def compared(self) -> TaxPeriod:
        """The period whose figures were compared."""
        return TaxPeriod(self.compared_start, self.compared_end)
