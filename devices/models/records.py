"""What disks said, kept for ever: readings, reports and receipts of clears."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from devices.choices import CarrierKind, OrderAction
from devices.models.command import DeviceCommand
from devices.models.device import Device
from devices.protocol.messages import ClearReceipt, DiskReport, OrderReceipt, TotalRow
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel
from taxhall.common.periods import TaxPeriod


class DeviceReading(AppendOnlyModel):
    """One look at a disk: who it proved to be and what it said of itself."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="readings", verbose_name=_("税控设备"))
    taken_at = models.DateTimeField(_("读卡时间"), default=clock.now)
    reader = models.CharField(_("读卡器"), max_length=200, blank=True)
    status = models.JSONField(_("设备状态"), default=dict)

    class Meta:
        verbose_name = _("读卡记录")
        verbose_name_plural = _("读卡记录")
        ordering = ["-taken_at", "-id"]
        indexes = [models.Index(fields=["device", "-taken_at"], name="devices_reading_latest")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.taken_at:%Y-%m-%d %H:%M}"


class DeviceReport(AppendOnlyModel):
    """One report (抄税) read from a disk, signature verified before it was stored."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="reports", verbose_name=_("税控设备"))
    group = models.CharField(_("票种组"), max_length=1)
    period_start = models.DateField(_("所属期起"))
    period_end = models.DateField(_("所属期止"))
    report_counter = models.PositiveBigIntegerField(_("抄报次数"))
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    rows = models.JSONField(_("汇总"), default=list)
    message = models.JSONField(_("原文"), default=dict)
    created_at = models.DateTimeField(_("抄报时间"), default=clock.now)

    class Meta:
        verbose_name = _("抄报记录")
        verbose_name_plural = _("抄报记录")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_start__lte=F("period_end")), name="devices_report_period_in_order"
            ),
        ]
        indexes = [models.Index(fields=["device", "period_start", "-report_counter"], name="devices_report_latest")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.period.code} {self.group}"

    @property
    def period(self) -> TaxPeriod:
        """The period that was reported."""
        return TaxPeriod(self.period_start, self.period_end)

    def total_rows(self) -> list[TotalRow]:
        """Return the totals by kind, rate and total kind, as the disk signed them."""
        return [TotalRow.from_json(row) for row in self.rows]

    def to_message(self) -> DiskReport:
        """Return the signed message itself."""
        return DiskReport.from_json(self.message)


class ClearReceiptRecord(AppendOnlyModel):
    """A disk's signed receipt of one clear, verified with its enrolled key.

    `carrier` is whose reader handed the command over; empty where the records do not tell (a restored database).
    """

    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, related_name="clear_receipts", verbose_name=_("税控设备")
    )
    command = models.OneToOneField(
        DeviceCommand, on_delete=models.PROTECT, related_name="receipt", verbose_name=_("设备指令")
    )
    group = models.CharField(_("票种组"), max_length=1)
    period_start = models.DateField(_("所属期起"))
    period_end = models.DateField(_("所属期止"))
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    clear_counter_before = models.PositiveBigIntegerField(_("清卡前次数"))
    clear_counter_after = models.PositiveBigIntegerField(_("清卡后次数"))
    new_period_start = models.DateField(_("新所属期起"))
    new_period_end = models.DateField(_("新所属期止"))
    new_cut_off = models.DateField(_("新开票截止日期"))
    cleared_at = models.DateTimeField(_("清卡时间"))
    carrier = models.CharField(_("更新方式"), max_length=10, choices=CarrierKind, blank=True)
    carrier_name = models.CharField(_("企业电脑"), max_length=60, blank=True)
    message = models.JSONField(_("原文"), default=dict)
    recorded_at = models.DateTimeField(_("入库时间"), default=clock.now)

    class Meta:
        verbose_name = _("清卡回执")
        verbose_name_plural = _("清卡回执")
        ordering = ["-clear_counter_after"]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "clear_counter_after"], name="devices_clear_receipt_one_per_counter"
            ),
            models.CheckConstraint(
                condition=Q(clear_counter_after=F("clear_counter_before") + 1), name="devices_clear_receipt_one_step"
            ),
            # The lock date only moves forward (trust.md I8); this is the part the row itself can hold.
            models.CheckConstraint(
                condition=Q(new_period_start__gt=F("period_end")) & Q(new_cut_off__gt=F("new_period_start")),
                name="devices_clear_receipt_forward",
            ),
            models.CheckConstraint(
                condition=Q(carrier="", carrier_name="")
                | Q(carrier=CarrierKind.HALL, carrier_name="")
                | Q(carrier=CarrierKind.AGENT) & ~Q(carrier_name=""),
                name="devices_clear_receipt_carrier_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} #{self.clear_counter_after}"

    @property
    def period(self) -> TaxPeriod:
        """The period that was cleared."""
        return TaxPeriod(self.period_start, self.period_end)

    @property
    def way(self) -> str:
        """By which way the disk was updated, in words; empty where the records do not tell."""
        return f"{self.get_carrier_display()} {self.carrier_name}".strip()

    def to_message(self) -> ClearReceipt:
        """Return the signed receipt itself."""
        return ClearReceipt.from_json(self.message)


class OrderReceiptRecord(AppendOnlyModel):
    """A disk's signed receipt of one order of the authority, verified with its enrolled key.

    Without a command it is one that the hall found on the disk and knows nothing of (a restored database).
    """

    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, related_name="order_receipts", verbose_name=_("税控设备")
    )
    command = models.OneToOneField(
        DeviceCommand, on_delete=models.PROTECT, null=True, related_name="order_receipt", verbose_name=_("设备指令")
    )
    action = models.CharField(_("事项"), max_length=20, choices=OrderAction)
    order_number = models.PositiveBigIntegerField(_("指令序号"))
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    order_counter_before = models.PositiveBigIntegerField(_("执行前次数"))
    order_counter_after = models.PositiveBigIntegerField(_("执行后次数"))
    applied_at = models.DateTimeField(_("执行时间"))
    message = models.JSONField(_("原文"), default=dict)
    recorded_at = models.DateTimeField(_("入库时间"), default=clock.now)

    class Meta:
        verbose_name = _("变更回执")
        verbose_name_plural = _("变更回执")
        ordering = ["-order_counter_after"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=OrderAction.values), name="devices_order_receipt_action_known"
            ),
            models.UniqueConstraint(
                fields=["device", "order_counter_after"], name="devices_order_receipt_one_per_counter"
            ),
            models.CheckConstraint(
                condition=Q(order_counter_after=F("order_counter_before") + 1), name="devices_order_receipt_one_step"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.get_action_display()} #{self.order_counter_after}"

    def to_message(self) -> OrderReceipt:
        """Return the signed receipt itself."""
        return OrderReceipt.from_json(self.message)


class DiskLogRecord(AppendOnlyModel):
    """One line of a disk's own signed log, kept by the hall because the disk keeps only the newest ones."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="log_records", verbose_name=_("税控设备"))
    number = models.PositiveBigIntegerField(_("序号"))
    at = models.DateTimeField(_("设备时间"))
    event = models.CharField(_("事件"), max_length=40)
    detail = models.CharField(_("说明"), max_length=240, blank=True)
    recorded_at = models.DateTimeField(_("入库时间"), default=clock.now)

    class Meta:
        verbose_name = _("设备日志")
        verbose_name_plural = _("设备日志")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["device", "number"], name="devices_log_once")]

    def __str__(self) -> str:
        return f"{self.device_id} #{self.number} {self.event}"
