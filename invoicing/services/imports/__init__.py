"""Files of invoices become drafts: upload, check, import, issue, undo; one way for pages, API and command."""

from __future__ import annotations

from invoicing.services.imports.acts import cancel_import, start_import, undo_import
from invoicing.services.imports.issuing import start_bulk_issue, stop_bulk_issue
from invoicing.services.imports.marking import marked_sheet
from invoicing.services.imports.run import perform_import, sweep_imports
from invoicing.services.imports.upload import go_on_with_file, upload_import

__all__ = [
    "cancel_import",
    "go_on_with_file",
    "marked_sheet",
    "perform_import",
    "start_bulk_issue",
    "start_import",
    "stop_bulk_issue",
    "sweep_imports",
    "undo_import",
    "upload_import",
]
