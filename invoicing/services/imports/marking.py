"""The same sheet back, with what is wrong beside each row."""

from __future__ import annotations

import io
from typing import IO

from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts.models import User
from invoicing.errors_files import ImportRefusedError
from invoicing.files.marked import write_marked
from invoicing.files.problems import FileRefusedError
from invoicing.models import ImportJob
from invoicing.services.imports.source import open_source
from taxhall.common.policies import require


def marked_sheet(*, actor: User, job: ImportJob) -> IO[bytes]:
    """Return a workbook of the file with a column 问题; every cell is text, so nothing in it can run.

    Raises: NotPermittedError; FileScanningError; FileRejectedError; ImportRefusedError when the file
    cannot be read any more.
    """
    require(account_policies.can_view_taxpayer(actor, job.taxpayer), _("您的身份不能下载这家企业的文件。"))
    account_selectors.require_clean(job.scan)
    out = io.BytesIO()
    told = [(each.row, each.column, f"{each.message}{each.mend}") for each in job.problems.order_by("pk")]
    try:
        source = open_source(job)
        with job.file.open("rb") as stored:
            write_marked(out, name=job.original_name, content=stored.read(), read=source.read, problems=told)
    except FileRefusedError as error:
        raise ImportRefusedError(error.code, error.message, error.next_step) from error
    out.seek(0)
    return out
