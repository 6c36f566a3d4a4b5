"""Tax-control disks as the hall knows them; the disk itself is the truth."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from devices.choices import CommandKind, CommandState, DeviceKind, DeviceStatus, InvoiceKind
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel, TimestampedModel
from taxhall.common.money import MoneyField
from taxhall.common.periods import TaxPeriod
from taxhall.common.rates import TaxRate


class Device(TimestampedModel):
    """One enrolled disk; its window and counters are copies of what was last proved on it."""

    serial = models.CharField(_("设备编号"), max_length=12, unique=True)
    kind = models.CharField(_("设备类型"), max_length=10, choices=DeviceKind)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="devices", verbose_name=_("纳税人"))
    machine_number = models.PositiveSmallIntegerField(_("开票机号"), default=0)
    certificate = models.TextField(_("设备证书"))
    algorithm = models.CharField(_("算法"), max_length=10, default="intl")
    status = models.CharField(_("状态"), max_length=10, choices=DeviceStatus, default=DeviceStatus.ACTIVE)
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
    offline_count = models.PositiveIntegerField(_("离线份数"), default=0)
    offline_count_limit = models.PositiveIntegerField(_("离线份数上限"), default=0)
    offline_amount = MoneyField(_("离线金额"), default=0)
    offline_amount_limit = MoneyField(_("离线金额上限"), default=0)
    clock_drift_seconds = models.IntegerField(_("时钟偏差"), default=0)
    pin_tries = models.PositiveSmallIntegerField(_("口令剩余次数"), null=True, blank=True)
    certificate_not_after = models.DateField(_("证书有效期至"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("最近读卡时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("税控设备")
        verbose_name_plural = _("税控设备")
        ordering = ["serial"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.serial}"

    @property
    def period(self) -> TaxPeriod:
        """The period that is open, or reported and waiting to be cleared."""
        return TaxPeriod(self.period_start, self.period_end)


class DeviceAuthorisation(models.Model):
    """One invoice kind the disk may issue, with its limit, rates and stock segment."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="authorisations")
    invoice_kind = models.CharField(_("票种"), max_length=3, choices=InvoiceKind)
    limit_amount = MoneyField(_("单张限额"))
    rates = ArrayField(models.CharField(max_length=10, choices=TaxRate), verbose_name=_("授权税率"))
    segment_code = models.CharField(_("发票代码"), max_length=12)
    next_number = models.PositiveIntegerField(_("下一号码"))
    end_number = models.PositiveIntegerField(_("终止号码"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "invoice_kind"], name="devices_authorisation_once"),
        ]

    @property
    def remaining(self) -> int:
        """How many invoices are left in the segment."""
        return max(0, self.end_number - self.next_number + 1)


class DeviceReport(AppendOnlyModel):
    """One report (抄税) read from a disk, signature verified."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="reports")
    group = models.CharField(_("票种组"), max_length=1)
    period_start = models.DateField()
    period_end = models.DateField()
    report_counter = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, unique=True)
    rows = models.JSONField(default=list)
    message = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)


class DeviceReading(AppendOnlyModel):
    """One look at a disk: who it proved to be and what it said of itself."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="readings")
    taken_at = models.DateTimeField(default=clock.now)
    reader = models.CharField(max_length=200, blank=True)
    status = models.JSONField(default=dict)


class DeviceCommand(models.Model):
    """What a carrier must do with a disk, written in the transaction that decided it (outbox)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="commands")
    kind = models.CharField(max_length=12, choices=CommandKind)
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=10, choices=CommandState, default=CommandState.QUEUED)
    payload = models.JSONField(default=dict)
    token = models.JSONField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)
    fencing = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_text = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)


class ClearReceiptRecord(AppendOnlyModel):
    """A disk's signed receipt of one clear, verified with its enrolled key."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="clear_receipts")
    command = models.OneToOneField(DeviceCommand, on_delete=models.PROTECT, related_name="receipt")
    digest = models.CharField(max_length=64, unique=True)
    clear_counter_after = models.PositiveBigIntegerField()
    new_cut_off = models.DateField()
    message = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "clear_counter_after"], name="devices_clear_receipt_one_per_counter"
            ),
        ]
