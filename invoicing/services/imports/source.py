"""The invoices of a job's file, from where the last worker stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from invoicing.files import headers
from invoicing.files.problems import FileRefusedError
from invoicing.files.reading import read_file
from invoicing.files.shapes import ReadFile
from invoicing.models import ImportJob
from invoicing.rules.understanding import Understood, understand


@dataclass(frozen=True)
class Source:
    """A file that is being worked through."""

    job: ImportJob
    read: ReadFile

    def invoices(self) -> Iterator[tuple[int, Understood]]:
        """Yield ordinal and invoice from the job's position on; a reference that came before is told."""
        seen: set[str] = set()
        for ordinal, each in enumerate(self.read.invoices()):
            ref = each.values.get("ref", "")
            if ref and ref in seen:
                each.values["repeated"] = ref
            seen.add(ref)
            if ordinal >= self.job.position:
                yield ordinal, understand(each, kind=self.job.kind, draft_key=self.job.draft_key(ordinal))


def open_source(job: ImportJob) -> Source:
    """Read the job's file. Raises: FileRefusedError, also when it is not the one that was uploaded."""
    try:
        with job.file.open("rb") as stored:
            content = stored.read()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != job.sha256:
        raise FileRefusedError(
            "import.file_missing",
            _("保存的文件读不到或与上传时不同，没有继续导入。"),
            _("请重新上传。"),
        )
    return Source(job, read_file(name=job.original_name, content=content))


def column_label(columns: Mapping[str, str], field: str) -> str:
    """Return what a file calls a field, else what our own template calls it."""
    if field in columns:
        return columns[field][:60]
    return headers.label(field) if field in headers.HEADERS else str(_OTHER.get(field, field))


_OTHER = {
    "lines": _("明细"),
    "seller_number": _("销方识别号"),
    "red": _("开票类型"),
    "device": _("税控设备"),
}
