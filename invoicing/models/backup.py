"""Backups (备份数据): that a period's invoices were put into a file, and whether its owner took it along."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from invoicing.choices import BackupState
from invoicing.models.files import LeasedJob
from taxhall.common.money import MoneyField


class InvoiceBackup(LeasedJob):
    """One archive of the invoices of a company and month; the file goes after some days, the row stays."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="invoice_backups", verbose_name=_("纳税人")
    )
    period_code = models.CharField(_("所属期"), max_length=7)
    state = models.CharField(_("状态"), max_length=8, choices=BackupState, default=BackupState.MAKING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("备份人")
    )
    made_at = models.DateTimeField(_("备份时间"), null=True, blank=True)
    # The state of the ledger it was made from: a backup is out of date once this has changed.
    ledger_mark = models.CharField(max_length=64, blank=True, editable=False)
    file_name = models.CharField(max_length=100, blank=True, editable=False)
    sha256 = models.CharField(_("内容摘要"), max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("字节数"), default=0)
    count = models.PositiveIntegerField(_("张数"), default=0)
    total = MoneyField(_("价税合计"), default=0)
    downloaded_at = models.DateTimeField(_("下载时间"), null=True, blank=True)
    error_text = models.CharField(_("错误说明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("发票备份")
        verbose_name_plural = _("发票备份")
        ordering = ["-created_at"]
        indexes = [models.Index("taxpayer", models.F("created_at").desc(), name="invoicing_backup_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "period_code"],
                condition=Q(state=BackupState.MAKING),
                name="invoicing_backup_one_at_a_time",
            ),
            models.CheckConstraint(condition=Q(state__in=BackupState.values), name="invoicing_backup_state_known"),
            models.CheckConstraint(
                condition=~Q(state=BackupState.READY) | (~Q(file_name="") & ~Q(sha256="") & Q(made_at__isnull=False)),
                name="invoicing_backup_ready_has_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_code} {self.get_state_display()}"
