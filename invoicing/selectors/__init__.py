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
from invoicing.selectors.issuing import issuing_terms, void_facts
from invoicing.selectors.ledger import (
    Blockers,
    MonthCount,
    SalesRow,
    SalesSummary,
    monthly_counts,
    period_rows,
    period_sales,
    unissued_blockers,
)
from invoicing.selectors.lists import (
    ListTotals,
    TimelineEvent,
    find_by_draft_key,
    get_invoice,
    list_invoices,
    list_totals,
    timeline,
    visible_invoices,
)

__all__ = [
    "Blockers",
    "InvoiceFilters",
    "ListTotals",
    "MonthCount",
    "SalesRow",
    "SalesSummary",
    "TimelineEvent",
    "backed_up_at",
    "backup_certificates",
    "backup_lines",
    "find_by_draft_key",
    "get_backup",
    "get_invoice",
    "issuing_terms",
    "ledger_mark",
    "list_backups",
    "list_invoices",
    "list_totals",
    "monthly_counts",
    "period_invoices",
    "period_rows",
    "period_sales",
    "timeline",
    "unissued_blockers",
    "visible_invoices",
    "void_facts",
]
