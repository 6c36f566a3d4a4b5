"""Values of the jobs that read and write files of invoices."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """Where an import stands; a file is always checked before anything of it is kept."""

    CHECKING = "checking", _("检查中")
    CHECKED = "checked", _("检查完成")  # waits for a person's choice
    IMPORTING = "importing", _("导入中")
    IMPORTED = "imported", _("已导入")
    ISSUING = "issuing", _("批量开具中")  # sends its drafts to the disk one after the other
    REFUSED = "refused", _("未导入")  # the file as a whole cannot be read; there is no draft of it
    STOPPED = "stopped", _("导入中断")  # given up half through: the drafts made by then are there, and may be undone
    CANCELLED = "cancelled", _("已取消")  # what had been kept by then stays as drafts, told on its page
    UNDOING = "undoing", _("撤销中")  # its drafts are being removed; none of them can be issued any more
    UNDONE = "undone", _("已撤销")  # its drafts are removed


# Every change there is; the database trigger is generated from the same tuple.
IMPORT_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (ImportState.CHECKING, ImportState.CHECKED),
    (ImportState.CHECKING, ImportState.REFUSED),
    (ImportState.CHECKING, ImportState.CANCELLED),
    (ImportState.CHECKED, ImportState.IMPORTING),
    (ImportState.CHECKED, ImportState.CANCELLED),
    (ImportState.IMPORTING, ImportState.IMPORTED),
    (ImportState.IMPORTING, ImportState.CANCELLED),
    (ImportState.IMPORTING, ImportState.REFUSED),
    (ImportState.IMPORTING, ImportState.STOPPED),
    (ImportState.IMPORTED, ImportState.ISSUING),
    (ImportState.ISSUING, ImportState.IMPORTED),
    (ImportState.IMPORTED, ImportState.UNDOING),
    (ImportState.CANCELLED, ImportState.UNDOING),
    (ImportState.STOPPED, ImportState.UNDOING),
    (ImportState.UNDOING, ImportState.UNDONE),
)
# States in which a worker has something to do.
RUNNING_STATES: tuple[str, ...] = (
    ImportState.CHECKING,
    ImportState.IMPORTING,
    ImportState.ISSUING,
    ImportState.UNDOING,
)
# The file is spoken for: the same one again leads to this job.
LIVE_STATES: tuple[str, ...] = (
    ImportState.CHECKING,
    ImportState.CHECKED,
    ImportState.IMPORTING,
    ImportState.IMPORTED,
    ImportState.ISSUING,
)
# The import ended before the end of the file.
HALFWAY_STATES: tuple[str, ...] = (ImportState.CANCELLED, ImportState.STOPPED)
# Here the file is spoken for as long as there are invoices of it. An undo is no live state, since the half that it
# removes may stand beside another import of the same file, made before halves spoke for theirs.
KEEPING_STATES: tuple[str, ...] = (*HALFWAY_STATES, ImportState.UNDOING)


class ImportMode(models.TextChoices):
    """What is done with a file in which some invoices are wrong."""

    ALL = "all", _("全部通过才导入")
    CORRECT = "correct", _("只导入正确的发票")


class FileFormat(models.TextChoices):
    """Who wrote the file that is read."""

    KP = "kp", _("航信批量导入 XML")
    BAIWANG = "baiwang", _("百旺开票 XML")
    PLATFORM = "platform", _("数电票平台批量导入表")
    XLSX = "xlsx", _("Excel 工作簿（.xlsx）")
    XLS = "xls", _("Excel 工作簿（.xls）")
    CSV = "csv", _("CSV 文本")


class ExportFormat(models.TextChoices):
    """What a list of invoices can be written as."""

    XLSX = "xlsx", _("发票明细（Excel，可再导入）")
    CSV = "csv", _("发票明细（CSV，可再导入）")
    LEDGER = "ledger", _("全量发票台账（Excel，27 列）")
    XML = "xml", _("电子发票 XML（EInvoice，压缩包）")
    # Asked for on the pages of printing, never on those of export.
    PRINT = "print", _("发票打印件（PDF）")


# What the pages and the API of export offer.
LIST_FORMATS: tuple[tuple[str, Any], ...] = tuple(
    (each.value, each.label) for each in ExportFormat if each != ExportFormat.PRINT
)


class ExportState(models.TextChoices):
    """Where an export stands."""

    WRITING = "writing", _("生成中")
    READY = "ready", _("可下载")
    FAILED = "failed", _("未生成")
    EXPIRED = "expired", _("已过期")  # its file is removed, the row stays as the record


EXPORT_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (ExportState.WRITING, ExportState.READY),
    (ExportState.WRITING, ExportState.FAILED),
    (ExportState.READY, ExportState.EXPIRED),
)


class PrintMode(models.TextChoices):
    """What of a face is printed."""

    WHOLE = "whole", _("整张票面（白纸、电子发票）")
    OVERPRINT = "overprint", _("套打（只打内容，装入空白纸质发票）")


class PrintPaper(models.TextChoices):
    """What paper a face stands on."""

    OWN = "own", _("票面原尺寸")
    A4 = "a4", "A4"
