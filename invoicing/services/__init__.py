"""One function per action on invoices; called by pages, API, tasks and commands alike."""

from __future__ import annotations

from invoicing.services.backups import make_backup, request_backup, sweep_backups, take_backup
from invoicing.services.barred import let_go_invoices
from invoicing.services.basic_imports import (
    BasicEntry,
    Fate,
    Judged,
    fates_of,
    import_basics,
    judge_basics,
    mark_of,
    note_export,
)
from invoicing.services.basics import remove_basic, save_basic
from invoicing.services.checks import problems_of
from invoicing.services.confirmations import (
    Asked,
    answer_confirmation,
    note_buyer_use,
    request_confirmation,
    sweep_confirmations,
    withdraw_confirmation,
)
from invoicing.services.credit import change_credit
from invoicing.services.district_reports import (
    export_district_report,
    subscribe_district_report,
    take_report_file,
    write_bureau_report,
)
from invoicing.services.draft_bulk import MOST_DRAFTS, DraftResult, discard_drafts, move_drafts
from invoicing.services.draft_marks import draft_mark
from invoicing.services.drafts import copy_invoice, discard_draft, draft_of, entered_mark, save_draft
from invoicing.services.evidence import accept_signed
from invoicing.services.exports import (
    Written,
    open_export,
    perform_export,
    request_export,
    sweep_exports,
    write_export,
)
from invoicing.services.hook_deliveries import deliver_hooks, purge_hooks, sweep_hooks
from invoicing.services.hooks import (
    MOST_ENDPOINTS,
    pause_hook,
    register_hook,
    remove_hook,
    resume_hook,
    rotate_hook_secret,
    try_hook,
)
from invoicing.services.imports import (
    cancel_import,
    go_on_with_file,
    marked_sheet,
    perform_import,
    start_bulk_issue,
    start_import,
    stop_bulk_issue,
    sweep_imports,
    undo_import,
    upload_import,
)
from invoicing.services.issue import cancel_issue, issue_invoice
from invoicing.services.perform import (
    perform_issue,
    perform_void,
    record_issued,
    record_voided,
    resolve_invoice,
)
from invoicing.services.print_jobs import (
    PRINT_LIMIT,
    find_print,
    first_stack,
    is_direct,
    preview_invoice,
    print_invoice,
    print_period,
    request_print,
)
from invoicing.services.prints import record_printed, remember_nudge
from invoicing.services.red import draft_red
from invoicing.services.red_forms import apply_red_form, withdraw_red_form
from invoicing.services.report_schedule import make_monthly_reports
from invoicing.services.reports import (
    end_report_subscription,
    export_report,
    report_named,
    subscribe_report,
)
from invoicing.services.requests import (
    Answered,
    RedWish,
    RequestId,
    request_issue,
    request_new,
    request_red,
    request_void,
)
from invoicing.services.restores import BackupReview, compare_backup, open_backup, review_backup
from invoicing.services.rollups import RollupCheck, check_rollups, rebuild_rollups
from invoicing.services.settle import settle_as_never_signed
from invoicing.services.sweep import sweep_invoices, wake_invoices
from invoicing.services.tax_codes import load_tax_codes
from invoicing.services.void import void_invoice

__all__ = [
    "MOST_DRAFTS",
    "MOST_ENDPOINTS",
    "PRINT_LIMIT",
    "Answered",
    "Asked",
    "BackupReview",
    "BasicEntry",
    "DraftResult",
    "Fate",
    "Judged",
    "RedWish",
    "RequestId",
    "RollupCheck",
    "Written",
    "accept_signed",
    "answer_confirmation",
    "apply_red_form",
    "cancel_import",
    "cancel_issue",
    "change_credit",
    "check_rollups",
    "compare_backup",
    "copy_invoice",
    "deliver_hooks",
    "discard_draft",
    "discard_drafts",
    "draft_mark",
    "draft_of",
    "draft_red",
    "end_report_subscription",
    "entered_mark",
    "export_district_report",
    "export_report",
    "fates_of",
    "find_print",
    "first_stack",
    "go_on_with_file",
    "import_basics",
    "is_direct",
    "issue_invoice",
    "judge_basics",
    "let_go_invoices",
    "load_tax_codes",
    "make_backup",
    "make_monthly_reports",
    "mark_of",
    "marked_sheet",
    "move_drafts",
    "note_buyer_use",
    "note_export",
    "open_backup",
    "open_export",
    "pause_hook",
    "perform_export",
    "perform_import",
    "perform_issue",
    "perform_void",
    "preview_invoice",
    "print_invoice",
    "print_period",
    "problems_of",
    "purge_hooks",
    "rebuild_rollups",
    "record_issued",
    "record_printed",
    "record_voided",
    "register_hook",
    "remember_nudge",
    "remove_basic",
    "remove_hook",
    "report_named",
    "request_backup",
    "request_confirmation",
    "request_export",
    "request_issue",
    "request_new",
    "request_print",
    "request_red",
    "request_void",
    "resolve_invoice",
    "resume_hook",
    "review_backup",
    "rotate_hook_secret",
    "save_basic",
    "save_draft",
    "settle_as_never_signed",
    "start_bulk_issue",
    "start_import",
    "stop_bulk_issue",
    "subscribe_district_report",
    "subscribe_report",
    "sweep_backups",
    "sweep_confirmations",
    "sweep_exports",
    "sweep_hooks",
    "sweep_imports",
    "sweep_invoices",
    "take_backup",
    "take_report_file",
    "try_hook",
    "undo_import",
    "upload_import",
    "void_invoice",
    "wake_invoices",
    "withdraw_confirmation",
    "withdraw_red_form",
    "write_bureau_report",
    "write_export",
]
