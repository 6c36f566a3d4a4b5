"""Invoices and what belongs to them."""

from __future__ import annotations

from invoicing.models.backup import InvoiceBackup
from invoicing.models.invoice import Invoice, InvoiceLine
from invoicing.models.reports import ReportFile, ReportSubscription
from invoicing.models.totals import ALL_RATES, CustomerTotal, GoodsTotal, MonthTotal

__all__ = [
    "ALL_RATES",
    "CustomerTotal",
    "GoodsTotal",
    "Invoice",
    "InvoiceBackup",
    "InvoiceLine",
    "MonthTotal",
    "ReportFile",
    "ReportSubscription",
]
