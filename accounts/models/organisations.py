"""Tax bureaus and the taxpayers they answer for."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _

from accounts.choices import CreditGrade, EntityKind, PeriodKind, SurchargeArea, TaxpayerKind, TaxpayerStatus
from accounts.querysets import TaxpayerQuerySet
from taxhall.common import identifiers
from taxhall.common.models import TimestampedModel


class Bureau(models.Model):
    """A tax bureau (税务机关); its 11-digit code is 1 + administrative code + sub-unit."""

    code = models.CharField(
        _("机关代码"),
        max_length=11,
        unique=True,
        validators=[
            RegexValidator(identifiers.BUREAU_CODE_PATTERN, _("税务机关代码为 11 位数字，以 1 开头，请核对。"))
        ],
    )
    name = models.CharField(_("机关名称"), max_length=100)
    district_code = models.CharField(_("行政区划"), max_length=6)

    class Meta:
        verbose_name = _("税务机关")
        verbose_name_plural = _("税务机关")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="accounts_bureau_code_format",
                condition=models.Q(code__regex=identifiers.BUREAU_CODE_PATTERN),
                violation_error_message=_("税务机关代码为 11 位数字，以 1 开头，请核对。"),
            ),
            models.CheckConstraint(
                name="accounts_bureau_district_in_code",
                condition=models.Q(district_code=Substr("code", 2, 6)),
                violation_error_message=_("行政区划应与机关代码第 2 至 7 位一致，请核对。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Taxpayer(TimestampedModel):
    """A registered taxpayer (纳税人); made at registration, changed only by the bureau."""

    number = models.CharField(
        _("纳税人识别号"), max_length=20, unique=True, validators=[identifiers.validate_taxpayer_number]
    )
    name = models.CharField(_("纳税人名称"), max_length=100)
    kind = models.CharField(_("纳税人类型"), max_length=20, choices=TaxpayerKind)
    period_kind = models.CharField(_("申报周期"), max_length=20, choices=PeriodKind)
    entity_kind = models.CharField(_("主体类型"), max_length=20, choices=EntityKind, default=EntityKind.ENTERPRISE)
    bureau = models.ForeignKey(
        Bureau, on_delete=models.PROTECT, related_name="taxpayers", verbose_name=_("主管税务机关")
    )
    credit_grade = models.CharField(_("信用等级"), max_length=1, choices=CreditGrade, default=CreditGrade.M)
    surcharge_area = models.CharField(_("所在地"), max_length=10, choices=SurchargeArea, default=SurchargeArea.CITY)
    status = models.CharField(_("状态"), max_length=10, choices=TaxpayerStatus, default=TaxpayerStatus.NORMAL)
    # Unknown for companies that were registered before the hall was; they file from what their disks hold.
    registered_on = models.DateField(_("税务登记日期"), null=True, blank=True)
    address = models.CharField(_("地址"), max_length=100, blank=True)
    phone = models.CharField(_("电话"), max_length=20, blank=True)
    bank = models.CharField(_("开户行及账号"), max_length=100, blank=True)

    objects: ClassVar[TaxpayerQuerySet] = TaxpayerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("纳税人")
        verbose_name_plural = _("纳税人")
        ordering = ["number"]
        indexes = [models.Index(fields=["bureau", "number"], name="accounts_taxpayer_by_bureau")]
        constraints = [
            models.CheckConstraint(
                name="accounts_taxpayer_number_format",
                condition=models.Q(number__regex=identifiers.TAXPAYER_NUMBER_PATTERN),
                violation_error_message=_("纳税人识别号应为 15、17、18 或 20 位数字或大写字母，请核对。"),
            ),
            models.CheckConstraint(
                name="accounts_taxpayer_quarterly_small_scale",
                condition=~models.Q(period_kind=PeriodKind.QUARTERLY) | models.Q(kind=TaxpayerKind.SMALL_SCALE),
                violation_error_message=_("只有小规模纳税人可以按季申报，请改为按月申报。"),
            ),
            models.CheckConstraint(
                name="accounts_taxpayer_kind_known", condition=models.Q(kind__in=TaxpayerKind.values)
            ),
            models.CheckConstraint(
                name="accounts_taxpayer_period_kind_known", condition=models.Q(period_kind__in=PeriodKind.values)
            ),
            models.CheckConstraint(
                name="accounts_taxpayer_entity_kind_known", condition=models.Q(entity_kind__in=EntityKind.values)
            ),
            models.CheckConstraint(
                name="accounts_taxpayer_credit_grade_known", condition=models.Q(credit_grade__in=CreditGrade.values)
            ),
            models.CheckConstraint(
                name="accounts_taxpayer_surcharge_area_known",
                condition=models.Q(surcharge_area__in=SurchargeArea.values),
            ),
            models.CheckConstraint(
                name="accounts_taxpayer_status_known", condition=models.Q(status__in=TaxpayerStatus.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name
