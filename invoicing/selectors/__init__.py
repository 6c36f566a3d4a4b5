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
from invoicing.selectors.files import (
    count_drafts,
    get_export,
    get_import,
    list_exports,
    list_imported,
    list_imports,
    list_problems,
)
from invoicing.selectors.issued import IssuedFacts, find_issued
from invoicing.selectors.issuing import issuing_terms, void_facts
from invoicing.selectors.ledger import (
    Blockers,
    SalesRow,
    SalesSummary,
    period_rows,
    period_sales,
    unissued_blockers,
)
from invoicing.selectors.lists import (
    TimelineEvent,
    find_by_draft_key,
    get_invoice,
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
from invoicing.selectors.totals import VOID_KINDS, ListTotals, MonthCount, list_totals, monthly_counts, whole_invoices

__all__ = [
    "VOID_KINDS",
    "Blockers",
    "InvoiceFilters",
    "IssuedFacts",
    "ListTotals",
    "MonthCount",
    "SalesRow",
    "SalesSummary",
    "TimelineEvent",
    "UsualEntries",
    "backed_up_at",
    "backup_certificates",
    "backup_lines",
    "count_drafts",
    "find_by_draft_key",
    "find_customers",
    "find_goods",
    "find_issued",
    "find_nudge",
    "find_tax_codes",
    "get_backup",
    "get_basic",
    "get_export",
    "get_import",
    "get_invoice",
    "get_red_form",
    "get_report_file",
    "get_report_subscription",
    "has_red",
    "issuing_terms",
    "last_prints",
    "ledger_mark",
    "list_backups",
    "list_basics",
    "list_exports",
    "list_imported",
    "list_imports",
    "list_invoices",
    "list_prints",
    "list_problems",
    "list_red_forms",
    "list_reds",
    "list_report_files",
    "list_report_subscriptions",
    "list_totals",
    "monthly_counts",
    "period_faces",
    "period_invoices",
    "period_rows",
    "period_sales",
    "printable_invoices",
    "red_units",
    "timeline",
    "unissued_blockers",
    "usual_entries",
    "visible_invoices",
    "void_facts",
    "whole_invoices",
]
