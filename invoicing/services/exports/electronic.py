"""One EInvoice document for each numbered invoice."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from invoicing.choices import SPECIAL_KINDS
from invoicing.files import einvoice
from invoicing.models import Invoice, InvoiceLine
from taxhall.common.money import in_capitals
from taxhall.common.rates import TaxRate

# 陕西 (domain: SWEI and the province's code).
TAG = "SWEI6100"


def einvoice_of(invoice: Invoice) -> bytes:
    """Return the invoice as XML; it carries no signature of the authority."""
    special = invoice.kind in SPECIAL_KINDS
    at = timezone.localtime(invoice.issued_at) if invoice.issued_at else None
    return einvoice.document(
        "EInvoice",
        {
            "Header": {
                "EIid": f"{invoice.code}{invoice.number}",
                "EInvoiceTag": TAG,
                "Version": "0.2",
                "InherentLabel": {
                    "InIssuType": {"LabelCode": "N" if invoice.is_red else "Y"},
                    "GeneralOrSpecialVAT": {
                        "LabelCode": "01" if special else "02",
                        "LabelName": "增值税专用发票" if special else "普通发票",
                    },
                },
            },
            "EInvoiceData": {
                "SellerInformation": _party("Seller", invoice),
                "BuyerInformation": _party("Buyer", invoice),
                "BasicInformation": {
                    "TotalAmWithoutTax": invoice.amount,
                    "TotalTaxAm": invoice.tax,
                    "TotalTax-includedAmount": invoice.total,
                    "TotalTax-includedAmountInChinese": in_capitals(invoice.total),
                    "Drawer": invoice.drawer_name,
                    "RequestTime": f"{at:%Y-%m-%d %H:%M:%S}" if at else "",
                },
                "IssuItemInformation": [_item(line) for line in invoice.lines.all()],
                "AdditionalInformation": {"Remark": invoice.remark} | _taken_back(invoice),
            },
            "TaxSupervisionInfo": {
                "InvoiceNumber": invoice.number,
                "IssueTime": f"{invoice.dated_on:%Y-%m-%d}",
                "TaxBureauCode": "16100000000",
                "TaxBureauName": "国家税务总局陕西省税务局",
            },
        },
    )


def _taken_back(invoice: Invoice) -> dict[str, Any]:
    """A red invoice names the blue one; the remark of a special one names only its form."""
    if invoice.blue is None:
        return {}
    return {"OriginalInvoiceCode": invoice.blue.code, "OriginalInvoiceNumber": invoice.blue.number}


def _party(side: str, invoice: Invoice) -> dict[str, Any]:
    """The face keeps address with telephone and bank with account together; so does this."""
    low = side.lower()
    return {
        f"{side}IdNum": getattr(invoice, f"{low}_number"),
        f"{side}Name": getattr(invoice, f"{low}_name"),
        f"{side}Addr": getattr(invoice, f"{low}_address"),
        f"{side}BankName": getattr(invoice, f"{low}_bank"),
    }


def _item(line: InvoiceLine) -> dict[str, Any]:
    return {
        "ItemName": line.name,
        "SpecMod": line.spec,
        "MeaUnits": line.unit,
        "Quantity": format(line.quantity.normalize(), "f") if line.quantity is not None else "",
        "UnPrice": format(line.price.normalize(), "f") if line.price is not None else "",
        "Amount": line.amount,
        "TaxRate": format(TaxRate(line.rate).fraction, "f"),
        "ComTaxAm": line.tax,
        "TotaltaxIncludedAmount": line.amount + line.tax,
        "TaxClassificationCode": line.tax_code,
    }
