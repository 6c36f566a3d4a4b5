"""Policies, tolerances, relief registrations and prepayments: facts of law by date, never constants."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.choices import TaxpayerKind
from accounts.models import Taxpayer
from filing.choices import PrepaymentKind
from taxhall.common.models import TimestampedModel
from taxhall.common.money import MoneyField

# A row for all kinds of taxpayers meets those of each kind; rows of two kinds do not meet.
_KINDS = Func(
    Case(When(taxpayer_kind=TaxpayerKind.SMALL_SCALE.value, then=Value(1)), default=Value(0)),
    Case(When(taxpayer_kind=TaxpayerKind.GENERAL.value, then=Value(0)), default=Value(1)),
    Value("[]"),
    function="int4range",
    output_field=IntegerRangeField(),
)


class PolicyRule(TimestampedModel):
    """One value of tax policy within its dates, with the document it rests on."""

    code = models.CharField(_("政策"), max_length=60)
    key = models.CharField(_("项目"), max_length=40)
    taxpayer_kind = models.CharField(_("适用纳税人"), max_length=20, blank=True)
    value = models.DecimalField(_("数值"), max_digits=18, decimal_places=6)
    valid_from = models.DateField(_("有效期起"))
    valid_to = models.DateField(_("有效期止"), null=True, blank=True)
    basis = models.CharField(_("依据"), max_length=200)
    is_certain = models.BooleanField(_("已核对"), default=True)

    class Meta:
        verbose_name = _("政策参数")
        verbose_name_plural = _("政策参数")
        ordering = ["code", "key", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "key", "taxpayer_kind", "valid_from"], name="filing_policy_once_per_start"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="filing_policy_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(taxpayer_kind__in=["", *TaxpayerKind.values]), name="filing_policy_kind_known"
            ),
            ExclusionConstraint(
                name="filing_policy_no_overlap",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    ("key", RangeOperators.EQUAL),
                    (_KINDS, RangeOperators.OVERLAPS),
                    (
                        Func(
                            "valid_from", "valid_to", Value("[]"), function="daterange", output_field=DateRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}.{self.key} = {self.value.normalize():f}"


class RuleTolerance(TimestampedModel):
    """How far a comparison rule may be off (容差); each province sets its own, so it is a row."""

    rule_code = models.CharField(_("规则"), max_length=20)
    amount = MoneyField(_("容差"))
    valid_from = models.DateField(_("有效期起"))
    source = models.CharField(_("来源"), max_length=200)

    class Meta:
        verbose_name = _("比对容差")
        verbose_name_plural = _("比对容差")
        ordering = ["rule_code", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["rule_code", "valid_from"], name="filing_tolerance_once_per_start"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="filing_tolerance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} ± {self.amount}"


class ReliefRegistration(TimestampedModel):
    """A VAT relief that the taxpayer registered at the bureau (优惠备案)."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="relief_registrations", verbose_name=_("纳税人")
    )
    code = models.CharField(_("减免性质代码"), max_length=30)
    title = models.CharField(_("优惠项目"), max_length=200)
    valid_from = models.DateField(_("有效期起"))
    valid_to = models.DateField(_("有效期止"), null=True, blank=True)

    class Meta:
        verbose_name = _("优惠备案")
        verbose_name_plural = _("优惠备案")
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "code", "valid_from"], name="filing_relief_once_per_start"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Prepayment(TimestampedModel):
    """VAT that the taxpayer prepaid and the treasury received (预缴税款)."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="prepayments", verbose_name=_("纳税人")
    )
    voucher_number = models.CharField(_("完税凭证号"), max_length=30, unique=True)
    paid_on = models.DateField(_("入库日期"))
    amount = MoneyField(_("金额"))
    kind = models.CharField(_("预缴事项"), max_length=15, choices=PrepaymentKind, default=PrepaymentKind.CONSTRUCTION)

    class Meta:
        verbose_name = _("预缴税款")
        verbose_name_plural = _("预缴税款")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="filing_prepayment_positive"),
            models.CheckConstraint(condition=Q(kind__in=PrepaymentKind.values), name="filing_prepayment_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_number} {self.amount}"
