"""Invoices and what belongs to them."""

from __future__ import annotations

from invoicing.models.backup import InvoiceBackup
from invoicing.models.files import ExportJob, ImportedInvoice, ImportJob, ImportProblem
from invoicing.models.invoice import Invoice, InvoiceLine

__all__ = ["ExportJob", "ImportJob", "ImportProblem", "ImportedInvoice", "Invoice", "InvoiceBackup", "InvoiceLine"]
