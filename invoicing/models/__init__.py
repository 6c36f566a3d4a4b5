"""Invoices and what belongs to them."""

from __future__ import annotations

from invoicing.models.backup import InvoiceBackup
from invoicing.models.basics import BankAccount, Customer, Goods, Issuer, TaxCode, Unit
from invoicing.models.invoice import Invoice, InvoiceLine
from invoicing.models.red import NumberSeries, RedForm

__all__ = [
    "BankAccount",
    "Customer",
    "Goods",
    "Invoice",
    "InvoiceBackup",
    "InvoiceLine",
    "Issuer",
    "NumberSeries",
    "RedForm",
    "TaxCode",
    "Unit",
]
