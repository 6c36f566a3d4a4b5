"""Jobs that read and write files of invoices: the row is the work, so a killed worker loses nothing."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import FileScan, Taxpayer
from devices.choices import InvoiceKind
from devices.models import Device
from invoicing.choices_files import (
    LIVE_STATES,
    RUNNING_STATES,
    ExportFormat,
    ExportState,
    FileFormat,
    ImportMode,
    ImportState,
)
from invoicing.models.invoice import Invoice
from taxhall.common.models import TimestampedModel

UNDO_WINDOW = timedelta(days=7)


class LeasedJob(TimestampedModel):
    """Work that one worker at a time holds for a while; its progress says where the next one goes on."""

    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class ImportJob(LeasedJob):
    """One file of invoices, from its upload to its drafts; kept as the record of what was done with it."""

    number = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="import_jobs")
    # None when the file is of digital invoices, which no disk issues.
    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("税控设备")
    )
    kind = models.CharField(_("票种"), max_length=3, choices=InvoiceKind)
    state = models.CharField(_("状态"), max_length=10, choices=ImportState, default=ImportState.CHECKING)
    mode = models.CharField(_("导入方式"), max_length=10, choices=ImportMode, blank=True)
    format = models.CharField(_("格式"), max_length=10, choices=FileFormat, blank=True)
    file = models.FileField(_("文件"), max_length=200)
    scan = models.ForeignKey(FileScan, on_delete=models.PROTECT, related_name="+", verbose_name=_("病毒检查"))
    original_name = models.CharField(_("文件名"), max_length=200)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(_("摘要"), max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    # How far the file has been read in this state; the next worker goes on from here.
    position = models.PositiveIntegerField(default=0, editable=False)
    total_count = models.PositiveIntegerField(_("发票份数"), default=0)
    good_count = models.PositiveIntegerField(_("正确"), default=0)
    warned_count = models.PositiveIntegerField(_("有提示"), default=0)
    bad_count = models.PositiveIntegerField(_("有错误"), default=0)
    problem_count = models.PositiveIntegerField(_("问题数"), default=0)
    imported_count = models.PositiveIntegerField(_("已导入"), default=0)
    # Ordinals of the invoices that are left out.
    bad_ordinals = models.JSONField(default=list, blank=True, editable=False)
    # How many of the others there are of each kind of invoice: the stock of the disk is counted against them.
    kind_counts = models.JSONField(default=dict, blank=True, editable=False)
    # Who let the drafts in; they stand in their name.
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issue_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issue_round = models.PositiveSmallIntegerField(default=0, editable=False)
    undo_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issue_stop = models.BooleanField(_("停止批量开具"), default=False)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    error_code = models.CharField(_("错误代码"), max_length=60, blank=True)
    error_text = models.CharField(_("错误说明"), max_length=500, blank=True)
    error_next_step = models.CharField(_("处理办法"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("批量导入")
        verbose_name_plural = _("批量导入")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "sha256"], name="invoicing_import_file_once", condition=Q(state__in=LIVE_STATES)
            ),
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="invoicing_import_state_known"),
            models.CheckConstraint(condition=Q(mode__in=["", *ImportMode.values]), name="invoicing_import_mode_known"),
        ]
        indexes = [models.Index("state", name="invoicing_import_running", condition=Q(state__in=RUNNING_STATES))]

    def __str__(self) -> str:
        return f"{self.original_name} {self.get_state_display()}"

    @property
    def is_running(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in RUNNING_STATES

    @property
    def awaits_scan(self) -> bool:
        """Whether its check has not begun because no scanner has called the file clean."""
        return self.state == ImportState.CHECKING and self.scan.is_waiting

    @property
    def is_undecided(self) -> bool:
        """Whether a person decides what comes next, and the stock of the disk with it."""
        return self.state in (ImportState.CHECKED, ImportState.IMPORTED)

    @property
    def percent(self) -> int:
        """How far it is, for the bar; while the file is being checked the end is not known yet."""
        whole = self.imported_count if self.state == ImportState.UNDOING else self.total_count
        return min(100, self.position * 100 // whole) if whole else 0

    def draft_key(self, ordinal: int) -> uuid.UUID:
        """Return the key of the draft of one invoice of the file: the same however often it is read."""
        return uuid.uuid5(self.number, str(ordinal))


class ImportProblem(models.Model):
    """One thing that is wrong in a file: where, what stands there, why, how to mend it. Written by the check only."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="problems", db_index=False)
    ordinal = models.PositiveIntegerField(_("第几张"))
    row = models.PositiveIntegerField(_("行"))
    column = models.CharField(_("列"), max_length=60)
    value = models.CharField(_("内容"), max_length=200, blank=True)
    code = models.CharField(_("代码"), max_length=60)
    message = models.CharField(_("问题"), max_length=300)
    mend = models.CharField(_("怎样改"), max_length=300, blank=True)
    is_blocking = models.BooleanField(_("必须改正"), default=True)

    class Meta:
        verbose_name = _("导入问题")
        verbose_name_plural = _("导入问题")
        ordering = ["job_id", "id"]
        indexes = [models.Index(fields=["job", "id"], name="invoicing_importproblem_job")]

    def __str__(self) -> str:
        return f"{self.row} {self.column} {self.message}"


class ImportedInvoice(models.Model):
    """Which draft came from which invoice of a file; goes with the draft when that is removed."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="imported", db_index=False)
    ordinal = models.PositiveIntegerField(_("第几张"))
    invoice = models.OneToOneField(Invoice, on_delete=models.CASCADE, related_name="imported_from")
    ref = models.CharField(_("单据号"), max_length=40, blank=True)
    issue_error = models.CharField(_("没有开具的原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("导入的发票")
        verbose_name_plural = _("导入的发票")
        ordering = ["job_id", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["job", "ordinal"], name="invoicing_imported_once")]

    def __str__(self) -> str:
        return f"{self.ordinal} {self.ref}"

    @property
    def why(self) -> str:
        """Why it was not issued; nothing once it was sent again."""
        return (self.issue_error or self.invoice.error_text) if self.invoice.is_draft else ""


class ExportJob(LeasedJob):
    """One file of invoices that was asked for: what was asked, by whom, its digest, until when it is kept."""

    number = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="export_jobs")
    state = models.CharField(_("状态"), max_length=10, choices=ExportState, default=ExportState.WRITING)
    format = models.CharField(_("格式"), max_length=10, choices=ExportFormat)
    filters = models.JSONField(_("条件"), default=dict, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file = models.FileField(_("文件"), max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("大小"), default=0)
    sha256 = models.CharField(_("摘要"), max_length=64, blank=True)
    row_count = models.PositiveIntegerField(_("行数"), default=0)
    # Red invoices, which a format that can be imported again does not take.
    left_out_count = models.PositiveIntegerField(_("未写入的红字发票"), default=0)
    expires_at = models.DateTimeField(_("保留至"), null=True, blank=True)
    error_text = models.CharField(_("错误说明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("导出文件")
        verbose_name_plural = _("导出文件")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ExportState.values), name="invoicing_export_state_known"),
        ]
        indexes = [models.Index("state", name="invoicing_export_open", condition=~Q(state=ExportState.EXPIRED))]

    def __str__(self) -> str:
        return f"{self.get_format_display()} {self.get_state_display()}"

    @property
    def download_name(self) -> str:
        """What the file is called on the reader's side."""
        return f"发票-{timezone.localtime(self.created_at):%Y%m%d-%H%M%S}.{self.ending}"

    @property
    def ending(self) -> str:
        """How the names of its files end."""
        endings: dict[str, str] = {ExportFormat.CSV: "csv", ExportFormat.XML: "zip", ExportFormat.PRINT: "pdf"}
        return endings.get(self.format, "xlsx")
