"""How often a company files, and when it rests."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChangeState, PeriodKind
from accounts.models import SecondPersonModel, Taxpayer
from filing.choices import SpanState
from taxhall.common.models import TimestampedModel
from taxhall.common.periods import TaxPeriod

QUARTER_STARTS = (1, 4, 7, 10)


class PeriodKindChange(SecondPersonModel):
    """A change between filing by month and by quarter from the start of a quarter on; asked for, then decided.

    The agreed rows are the law of what is due; the company's own row follows on the day (`applied_at`).
    """

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="period_kind_changes", verbose_name=_("纳税人")
    )
    from_kind = models.CharField(_("原申报周期"), max_length=20, choices=PeriodKind)
    to_kind = models.CharField(_("新申报周期"), max_length=20, choices=PeriodKind)
    starts_on = models.DateField(_("开始日期"))
    applied_at = models.DateTimeField(_("登记更新时间"), null=True, blank=True)

    class Meta(SecondPersonModel.Meta):
        verbose_name = _("申报周期变更")
        verbose_name_plural = _("申报周期变更")
        constraints = [
            *SecondPersonModel.Meta.constraints,
            models.CheckConstraint(
                condition=Q(from_kind__in=PeriodKind.values, to_kind__in=PeriodKind.values)
                & ~Q(from_kind=F("to_kind")),
                name="filing_periodkindchange_kinds_differ",
            ),
            # A quarter that is filed by month in part would be declared twice or not at all.
            models.CheckConstraint(
                condition=Q(starts_on__day=1, starts_on__month__in=QUARTER_STARTS),
                name="filing_periodkindchange_starts_a_quarter",
            ),
            models.UniqueConstraint(
                fields=["taxpayer"], condition=Q(state=ChangeState.ASKED), name="filing_periodkindchange_asked_once"
            ),
            models.UniqueConstraint(
                fields=["taxpayer", "starts_on"],
                condition=Q(state=ChangeState.AGREED),
                name="filing_periodkindchange_one_per_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taxpayer_id} {self.starts_on} {self.get_to_kind_display()}"


class InactiveSpan(TimestampedModel):
    """A time in which a company says that it sells nothing (停业、季节性经营); it ends once, for one cause."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="inactive_spans", verbose_name=_("纳税人")
    )
    starts_on = models.DateField(_("停业开始"))
    ends_on = models.DateField(_("停业结束"))
    reason = models.CharField(_("停业原因"), max_length=200)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("声明人")
    )
    state = models.CharField(_("状态"), max_length=10, choices=SpanState, default=SpanState.DECLARED)
    # The last day that counted as inactive; empty when not a single one did.
    ended_on = models.DateField(_("实际结束"), null=True, blank=True)
    invoice_number = models.CharField(_("停业期间开具的发票"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("停业声明")
        verbose_name_plural = _("停业声明")
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SpanState.values), name="filing_span_state_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="filing_span_days_in_order"),
            models.CheckConstraint(condition=~Q(reason=""), name="filing_span_reason_given"),
            models.CheckConstraint(
                condition=~Q(state=SpanState.INVOICED) | ~Q(invoice_number=""), name="filing_span_names_its_invoice"
            ),
            models.UniqueConstraint(
                fields=["taxpayer"], condition=Q(state=SpanState.DECLARED), name="filing_span_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taxpayer_id} {self.starts_on} - {self.ends_on}"

    @property
    def last_day(self) -> date | None:
        """The last day that counts: as declared while it stands, else as it came."""
        return self.ends_on if self.state == SpanState.DECLARED else self.ended_on

    def covers(self, period: TaxPeriod) -> bool:
        """Say whether a whole period lies in it."""
        return self.last_day is not None and self.starts_on <= period.start and period.end <= self.last_day
