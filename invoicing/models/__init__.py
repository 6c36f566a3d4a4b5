"""Invoices and what belongs to them."""

from __future__ import annotations

from invoicing.models.backup import InvoiceBackup
from invoicing.models.basics import BankAccount, Customer, Goods, Issuer, TaxCode, Unit
from invoicing.models.confirmation import BuyerUse, RedConfirmation
from invoicing.models.credit import CreditChange, CreditMonth, InvoiceCredit
from invoicing.models.files import ExportJob, ImportedInvoice, ImportJob, ImportProblem
from invoicing.models.hooks import HookDelivery, HookEndpoint, HookEvent
from invoicing.models.invoice import Invoice, InvoiceLine
from invoicing.models.prints import MOST_NUDGE, InvoicePrint, PrinterNudge
from invoicing.models.red import NumberSeries, RedForm
from invoicing.models.reports import ReportFile, ReportSubscription
from invoicing.models.requests import InvoiceRequest
from invoicing.models.totals import ALL_RATES, CustomerTotal, GoodsTotal, MonthTotal, SalesTotal
from invoicing.models.vehicle import InvoiceVehicle

__all__ = [
    "ALL_RATES",
    "MOST_NUDGE",
    "BankAccount",
    "BuyerUse",
    "CreditChange",
    "CreditMonth",
    "Customer",
    "CustomerTotal",
    "ExportJob",
    "Goods",
    "GoodsTotal",
    "HookDelivery",
    "HookEndpoint",
    "HookEvent",
    "ImportJob",
    "ImportProblem",
    "ImportedInvoice",
    "Invoice",
    "InvoiceBackup",
    "InvoiceCredit",
    "InvoiceLine",
    "InvoicePrint",
    "InvoiceRequest",
    "InvoiceVehicle",
    "Issuer",
    "MonthTotal",
    "NumberSeries",
    "PrinterNudge",
    "RedConfirmation",
    "RedForm",
    "ReportFile",
    "ReportSubscription",
    "SalesTotal",
    "TaxCode",
    "Unit",
]
