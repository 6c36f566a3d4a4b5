"""Invoices and what belongs to them."""

from __future__ import annotations

from invoicing.models.backup import InvoiceBackup
from invoicing.models.invoice import Invoice, InvoiceLine

__all__ = ["Invoice", "InvoiceBackup", "InvoiceLine"]
