"""Invoices and what belongs to them."""

from __future__ import annotations

from invoicing.models.basics import BankAccount, Customer, Goods, Issuer, TaxCode, Unit
from invoicing.models.invoice import Invoice, InvoiceLine

__all__ = ["BankAccount", "Customer", "Goods", "Invoice", "InvoiceLine", "Issuer", "TaxCode", "Unit"]
