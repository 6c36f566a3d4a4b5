"""Reads of invoices."""

from __future__ import annotations

from invoicing.filters import InvoiceFilters
from invoicing.selectors.backups import (
    backed_up_at,
    backup_certificates,
    backup_lines,
    get_backup,
    ledger_mark,
    list_backups,
    period_invoices,
)
from invoicing.selectors.basics import (
    UsualEntries,
    find_customers,
    find_goods,
    find_tax_codes,
    get_basic,
    list_basics,
    usual_entries,
)
from invoicing.selectors.confirmations import (
    buyer_has_used,
    find_received,
    get_confirmation,
    is_overdue,
    list_confirmations,
    open_confirmation,
    side_of,
)
from invoicing.selectors.credit import credit_month, credit_rows, has_credit, list_credit_changes, list_credits
from invoicing.selectors.files import (
    ImportedCounts,
    get_export,
    get_import,
    imported_counts,
    list_exports,
    list_failed,
    list_imported,
    list_imports,
    list_problems,
)
from invoicing.selectors.hooks import get_hook, list_deliveries, list_hooks
from invoicing.selectors.issued import IssuedFacts, find_issued, first_numbered
from invoicing.selectors.issuing import digital_terms, issuing_terms, terms_for, void_facts
from invoicing.selectors.ledger import (
    Blockers,
    digital_rows,
    period_rows,
    unissued_blockers,
)
from invoicing.selectors.lists import (
    TimelineEvent,
    find_by_draft_key,
    get_doubtful,
    get_invoice,
    list_doubtful,
    list_invoices,
    timeline,
    visible_invoices,
)
from invoicing.selectors.prints import find_nudge, last_prints, list_prints, period_faces, printable_invoices
from invoicing.selectors.red import get_red_form, has_red, list_red_forms, list_reds, red_units
from invoicing.selectors.reports import (
    get_report_file,
    get_report_subscription,
    list_report_files,
    list_report_subscriptions,
)
from invoicing.selectors.sales import SOLD, SalesRow, SalesSummary, period_sales, sales_rows
from invoicing.selectors.taken_back import TakenBack, list_taken_back
from invoicing.selectors.totals import VOID_KINDS, ListTotals, MonthCount, list_totals, monthly_counts, whole_invoices
from invoicing.selectors.vehicles import find_sold

__all__ = [
    "SOLD",
    "VOID_KINDS",
    "Blockers",
    "ImportedCounts",
    "InvoiceFilters",
    "IssuedFacts",
    "ListTotals",
    "MonthCount",
    "SalesRow",
    "SalesSummary",
    "TakenBack",
    "TimelineEvent",
    "UsualEntries",
    "backed_up_at",
    "backup_certificates",
    "backup_lines",
    "buyer_has_used",
    "credit_month",
    "credit_rows",
    "digital_rows",
    "digital_terms",
    "find_by_draft_key",
    "find_customers",
    "find_goods",
    "find_issued",
    "find_nudge",
    "find_received",
    "find_sold",
    "find_tax_codes",
    "first_numbered",
    "get_backup",
    "get_basic",
    "get_confirmation",
    "get_doubtful",
    "get_export",
    "get_hook",
    "get_import",
    "get_invoice",
    "get_red_form",
    "get_report_file",
    "get_report_subscription",
    "has_credit",
    "has_red",
    "imported_counts",
    "is_overdue",
    "issuing_terms",
    "last_prints",
    "ledger_mark",
    "list_backups",
    "list_basics",
    "list_confirmations",
    "list_credit_changes",
    "list_credits",
    "list_deliveries",
    "list_doubtful",
    "list_exports",
    "list_failed",
    "list_hooks",
    "list_imported",
    "list_imports",
    "list_invoices",
    "list_prints",
    "list_problems",
    "list_red_forms",
    "list_reds",
    "list_report_files",
    "list_report_subscriptions",
    "list_taken_back",
    "list_totals",
    "monthly_counts",
    "open_confirmation",
    "period_faces",
    "period_invoices",
    "period_rows",
    "period_sales",
    "printable_invoices",
    "red_units",
    "sales_rows",
    "side_of",
    "terms_for",
    "timeline",
    "unissued_blockers",
    "usual_entries",
    "visible_invoices",
    "void_facts",
    "whole_invoices",
]
