"""What two officers agree on about the comparison: a company's whitelist, a rule put off, a wider tolerance."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import SecondPersonModel, Taxpayer, second_person_constraints
from filing.choices import MeasureKind, MeasureState
from taxhall.common.models import TimestampedModel
from taxhall.common.money import MoneyField

_LIVE = (MeasureState.ASKED, MeasureState.AGREED)


class TwoPersonMeasure(SecondPersonModel, TimestampedModel):
    """One departure from the comparison's rules within dates: asked by one officer, in force when another agrees."""

    rule_code = models.CharField(_("规则"), max_length=20)
    valid_from = models.DateField(_("有效期起"))
    valid_to = models.DateField(_("有效期止"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=MeasureState, default=MeasureState.ASKED)
    decision = models.CharField(_("确认意见"), max_length=200, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("解除人"),
    )
    lifted_at = models.DateTimeField(_("解除时间"), null=True, blank=True)
    lift_reason = models.CharField(_("解除原因"), max_length=200, blank=True)

    class Meta:
        abstract = True
        ordering = ["-pk"]
        constraints = [
            *second_person_constraints(MeasureState.values),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="filing_%(class)s_dates_in_order",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="filing_%(class)s_source_given"),
            models.CheckConstraint(
                condition=~Q(state=MeasureState.LIFTED)
                | (Q(lifted_by__isnull=False, lifted_at__isnull=False) & ~Q(lift_reason="")),
                name="filing_%(class)s_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.get_state_display()}"


class WhitelistEntry(TwoPersonMeasure):
    """A rule that does not block one taxpayer within dates, because of special collection or issuing facts (白名单)."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="whitelist_entries", verbose_name=_("纳税人")
    )

    class Meta(TwoPersonMeasure.Meta):
        verbose_name = _("比对白名单")
        verbose_name_plural = _("比对白名单")
        constraints = [
            *TwoPersonMeasure.Meta.constraints,
            models.UniqueConstraint(
                fields=["taxpayer", "rule_code", "valid_from"],
                condition=Q(state__in=_LIVE),
                name="filing_whitelist_once_per_start",
            ),
        ]


class RuleMeasure(TwoPersonMeasure):
    """A rule that is put off for everybody for a span, or held to another tolerance; the span is of comparing days."""

    kind = models.CharField(_("措施"), max_length=10, choices=MeasureKind)
    amount = MoneyField(_("临时容差"), null=True, blank=True)

    class Meta(TwoPersonMeasure.Meta):
        verbose_name = _("比对规则措施")
        verbose_name_plural = _("比对规则措施")
        constraints = [
            *TwoPersonMeasure.Meta.constraints,
            models.UniqueConstraint(
                fields=["rule_code", "kind", "valid_from"],
                condition=Q(state__in=_LIVE),
                name="filing_measure_once_per_start",
            ),
            models.CheckConstraint(condition=Q(kind__in=MeasureKind.values), name="filing_measure_kind_known"),
            models.CheckConstraint(condition=Q(valid_to__isnull=False), name="filing_measure_has_an_end"),
            models.CheckConstraint(
                condition=Q(kind=MeasureKind.SUSPEND, amount__isnull=True)
                | Q(kind=MeasureKind.TOLERANCE, amount__gte=0),
                name="filing_measure_amount_fits_kind",
            ),
        ]
