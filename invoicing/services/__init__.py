"""One function per action on invoices; called by pages, API, tasks and commands alike."""

from __future__ import annotations

from invoicing.services.backups import make_backup, request_backup, sweep_backups, take_backup
from invoicing.services.drafts import discard_draft, draft_of, save_draft
from invoicing.services.evidence import accept_signed
from invoicing.services.issue import cancel_issue, issue_invoice
from invoicing.services.perform import (
    perform_issue,
    perform_void,
    record_issued,
    record_voided,
    resolve_invoice,
)
from invoicing.services.restores import BackupReview, compare_backup, open_backup, review_backup
from invoicing.services.sweep import sweep_invoices, wake_invoices
from invoicing.services.void import void_invoice

__all__ = [
    "BackupReview",
    "accept_signed",
    "cancel_issue",
    "compare_backup",
    "discard_draft",
    "draft_of",
    "issue_invoice",
    "make_backup",
    "open_backup",
    "perform_issue",
    "perform_void",
    "record_issued",
    "record_voided",
    "request_backup",
    "resolve_invoice",
    "review_backup",
    "save_draft",
    "sweep_backups",
    "sweep_invoices",
    "take_backup",
    "void_invoice",
    "wake_invoices",
]
