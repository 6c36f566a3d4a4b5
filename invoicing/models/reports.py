"""Reports that are made every month without anybody asking again, and the files they became."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Bureau, Taxpayer
from taxhall.common import clock
from taxhall.common.sheets import FileFormat


class ReportSubscription(models.Model):
    """A report wanted at the beginning of each month, by a company or by an officer over a bureau's companies.

    Removed when it is no longer wanted. An officer's own makes nothing while the officer has no post there.
    """

    taxpayer = models.ForeignKey(
        Taxpayer,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="report_subscriptions",
        verbose_name=_("纳税人"),
    )
    bureau = models.ForeignKey(
        Bureau, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("税务机关")
    )
    report = models.CharField(_("报表"), max_length=20)
    file_format = models.CharField(_("格式"), max_length=4, choices=FileFormat)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("订阅人")
    )
    at = models.DateTimeField(_("订阅时间"), default=clock.now)
    # The month whose file was made last, or could not be made and was told of.
    done_month = models.DateField(_("已生成到"))

    class Meta:
        verbose_name = _("报表订阅")
        verbose_name_plural = _("报表订阅")
        ordering = ["report", "file_format"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "report", "file_format"], name="invoicing_reportsubscription_once"
            ),
            models.UniqueConstraint(
                fields=["created_by", "bureau", "report", "file_format"],
                condition=Q(bureau__isnull=False),
                name="invoicing_reportsubscription_once_an_officer",
            ),
            models.CheckConstraint(
                condition=Q(taxpayer__isnull=False, bureau__isnull=True)
                | Q(taxpayer__isnull=True, bureau__isnull=False),
                name="invoicing_reportsubscription_company_or_district",
            ),
            models.CheckConstraint(
                condition=Q(file_format__in=FileFormat.values), name="invoicing_reportsubscription_format_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.file_format}"


class ReportFile(models.Model):
    """One file made for a subscription, a company's or an officer's; never changed, removed when it is old."""

    taxpayer = models.ForeignKey(
        Taxpayer,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="report_files",
        verbose_name=_("纳税人"),
    )
    bureau = models.ForeignKey(
        Bureau, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("税务机关")
    )
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("税务人员"),
    )
    report = models.CharField(_("报表"), max_length=20)
    file_format = models.CharField(_("格式"), max_length=4, choices=FileFormat)
    period = models.CharField(_("所属期"), max_length=7)
    at = models.DateTimeField(_("生成时间"), default=clock.now)
    size = models.PositiveIntegerField(_("字节数"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    content = models.BinaryField()

    class Meta:
        verbose_name = _("报表文件")
        verbose_name_plural = _("报表文件")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "report", "file_format", "period"], name="invoicing_reportfile_once"
            ),
            models.UniqueConstraint(
                fields=["officer", "bureau", "report", "file_format", "period"],
                condition=Q(bureau__isnull=False),
                name="invoicing_reportfile_once_an_officer",
            ),
            models.CheckConstraint(
                condition=Q(taxpayer__isnull=False, bureau__isnull=True, officer__isnull=True)
                | Q(taxpayer__isnull=True, bureau__isnull=False, officer__isnull=False),
                name="invoicing_reportfile_company_or_district",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.period}.{self.file_format}"
