"""The enrolled disk and what it may issue."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from devices.choices import DISK_KINDS, Algorithm, DeviceKind, DeviceStatus
from devices.querysets import DeviceQuerySet
from taxhall.common.models import TimestampedModel
from taxhall.common.money import MoneyField
from taxhall.common.periods import TaxPeriod
from taxhall.common.rates import TaxRate


class Device(TimestampedModel):
    """One enrolled disk; its window and counters are copies of what was last proved on it."""

    serial = models.CharField(
        _("设备编号"),
        max_length=12,
        unique=True,
        validators=[RegexValidator(r"^\d{12}$", _("设备编号是 12 位数字"))],
    )
    kind = models.CharField(_("设备类型"), max_length=10, choices=DeviceKind)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="devices", verbose_name=_("纳税人"))
    machine_number = models.PositiveSmallIntegerField(_("开票机号"), default=0)
    certificate = models.TextField(_("设备证书"))
    public_key_id = models.CharField(_("公钥编号"), max_length=64, default="")
    algorithm = models.CharField(_("算法"), max_length=10, choices=Algorithm, default=Algorithm.INTL)
    driver = models.CharField(_("驱动"), max_length=40, default="taxhall")
    status = models.CharField(_("状态"), max_length=10, choices=DeviceStatus, default=DeviceStatus.ACTIVE)
    frozen_reason = models.CharField(_("冻结原因"), max_length=200, blank=True)
    enabled_on = models.DateField(_("开票启用日期"))
    period_start = models.DateField(_("报税起始日期"))
    period_end = models.DateField(_("报税终止日期"))
    issue_allowed_until = models.DateField(_("开票截止日期"))
    is_reported = models.BooleanField(_("已抄报未清卡"), default=False)
    last_reported_at = models.DateTimeField(_("最新报税时间"), null=True, blank=True)
    last_cleared_at = models.DateTimeField(_("最近清卡时间"), null=True, blank=True)
    sign_counter = models.PositiveBigIntegerField(_("签名次数"), default=0)
    report_counter = models.PositiveBigIntegerField(_("抄报次数"), default=0)
    clear_counter = models.PositiveBigIntegerField(_("清卡次数"), default=0)
    order_counter = models.PositiveBigIntegerField(_("变更次数"), default=0)
    uploaded_through = models.PositiveBigIntegerField(_("已上传至"), default=0)
    offline_count = models.PositiveIntegerField(_("离线份数"), default=0)
    offline_count_limit = models.PositiveIntegerField(_("离线份数上限"), default=0)
    offline_amount = MoneyField(_("离线金额"), default=Decimal("0.00"))
    offline_amount_limit = MoneyField(_("离线金额上限"), default=Decimal("0.00"))
    offline_hours_limit = models.PositiveIntegerField(_("离线时长上限（小时）"), default=0)
    offline_since = models.DateTimeField(_("最早离线发票时间"), null=True, blank=True)
    clock_drift_seconds = models.IntegerField(_("时钟偏差"), default=0)
    pin_tries = models.PositiveSmallIntegerField(_("口令剩余次数"), null=True, blank=True)
    certificate_not_after = models.DateField(_("证书有效期至"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("最近读卡时间"), null=True, blank=True)
    barred_at = models.DateTimeField(_("证书停用时间"), null=True, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("税控设备")
        verbose_name_plural = _("税控设备")
        ordering = ["serial"]
        constraints = [
            models.CheckConstraint(condition=Q(serial__regex=r"^\d{12}$"), name="devices_device_serial_digits"),
            models.CheckConstraint(condition=Q(kind__in=DeviceKind.values), name="devices_device_kind_known"),
            models.CheckConstraint(condition=Q(status__in=DeviceStatus.values), name="devices_device_status_known"),
            # A disk that was lost or replaced is believed no more; the moment says since when.
            models.CheckConstraint(
                condition=~Q(status__in=[DeviceStatus.LOST, DeviceStatus.REPLACED]) | Q(barred_at__isnull=False),
                name="devices_device_barred_has_moment",
            ),
            models.CheckConstraint(condition=Q(algorithm__in=Algorithm.values), name="devices_device_algorithm_known"),
            models.CheckConstraint(
                condition=Q(period_start__lte=F("period_end")), name="devices_device_period_in_order"
            ),
            models.CheckConstraint(
                condition=Q(issue_allowed_until__gt=F("period_start")), name="devices_device_cut_off_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.serial}"

    def get_absolute_url(self) -> str:
        """Return the address of the disk's page."""
        return reverse("devices:device-detail", args=[self.serial])

    @property
    def period(self) -> TaxPeriod:
        """The period that is open, or reported and waiting to be cleared."""
        return TaxPeriod(self.period_start, self.period_end)


class DeviceAuthorisation(models.Model):
    """One invoice kind the disk may issue, with its limit, rates and stock segment; a copy of the disk."""

    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="authorisations", verbose_name=_("税控设备")
    )
    invoice_kind = models.CharField(_("票种"), max_length=3, choices=DISK_KINDS)
    limit_amount = MoneyField(_("单张限额"))
    rates = ArrayField(models.CharField(max_length=10, choices=TaxRate), verbose_name=_("授权税率"))
    segment_code = models.CharField(_("发票代码"), max_length=12)
    next_number = models.PositiveIntegerField(_("下一号码"))
    end_number = models.PositiveIntegerField(_("终止号码"))
    later_segments = models.JSONField(_("后续号段"), default=list, blank=True)

    class Meta:
        verbose_name = _("票种授权")
        verbose_name_plural = _("票种授权")
        ordering = ["invoice_kind"]
        constraints = [
            models.UniqueConstraint(fields=["device", "invoice_kind"], name="devices_authorisation_once"),
            models.CheckConstraint(
                condition=Q(invoice_kind__in=[code for code, _label in DISK_KINDS]),
                name="devices_authorisation_kind_known",
            ),
            models.CheckConstraint(condition=Q(limit_amount__gte=0), name="devices_authorisation_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.get_invoice_kind_display()}"

    @property
    def remaining(self) -> int:
        """How many blank invoices are left, those of the segments behind the one in use included."""
        later = sum(int(item["end_number"]) - int(item["next_number"]) + 1 for item in self.later_segments)
        return max(0, self.end_number - self.next_number + 1) + later
