"""Every measure, in the order it is taken and printed."""

from __future__ import annotations

from taxhall.bench.measure import Measure
from taxhall.bench.measures.busy_pages import BusyPages
from taxhall.bench.measures.card_exchange import CardExchange
from taxhall.bench.measures.clear_worker import ClearWorker
from taxhall.bench.measures.export_invoices import ExportInvoices
from taxhall.bench.measures.filing import CompareBatch, ComparePeriod, ComputeForm
from taxhall.bench.measures.import_invoices import ImportInvoices
from taxhall.bench.measures.invoice_list import InvoiceList
from taxhall.bench.measures.issue_invoice import IssueInvoice
from taxhall.bench.measures.long_list import LongList
from taxhall.bench.measures.many_disks import ManyDisks
from taxhall.bench.measures.reports import MonthReport, SellerMonths

MEASURES: tuple[type[Measure], ...] = (
    IssueInvoice,
    ImportInvoices,
    ExportInvoices,
    ClearWorker,
    InvoiceList,
    LongList,
    MonthReport,
    SellerMonths,
    ComparePeriod,
    CompareBatch,
    ComputeForm,
    BusyPages,
    CardExchange,
    ManyDisks,
)


def names() -> list[str]:
    """Return the names that --only takes."""
    return [each.name for each in MEASURES]


def chosen(only: list[str] | None) -> list[type[Measure]]:
    """Return the named measures in the order of the list, or all of them."""
    return [each for each in MEASURES if not only or each.name in only]
