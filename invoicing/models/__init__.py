"""Invoices and what belongs to them."""

from __future__ import annotations

from invoicing.models.backup import InvoiceBackup
from invoicing.models.basics import BankAccount, Customer, Goods, Issuer, TaxCode, Unit
from invoicing.models.files import ExportJob, ImportedInvoice, ImportJob, ImportProblem
from invoicing.models.invoice import Invoice, InvoiceLine
from invoicing.models.red import NumberSeries, RedForm

__all__ = [
    "BankAccount",
    "Customer",
    "ExportJob",
    "Goods",
    "ImportJob",
    "ImportProblem",
    "ImportedInvoice",
    "Invoice",
    "InvoiceBackup",
    "InvoiceLine",
    "Issuer",
    "NumberSeries",
    "RedForm",
    "TaxCode",
    "Unit",
]
