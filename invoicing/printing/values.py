"""What stands at the places of a face: the words of one invoice by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from devices.choices import InvoiceKind
from invoicing import rules
from invoicing.choices import DEDUCTIBLE_KINDS
from invoicing.face import Face, FaceRow, face_of
from invoicing.models import Invoice

# How many characters of the cipher stand in a row of its box.
_CIPHER_ROW = 28
NO_TAX = "***"


@dataclass(frozen=True)
class Printed:
    """One invoice as its pages need it; `listed` are all its lines, wherever they stand."""

    invoice: Invoice
    face: Face
    values: dict[str, str]
    listed: tuple[dict[str, str], ...]
    qr_text: str


def printed_of(invoice: Invoice) -> Printed:
    """Return the words of a stored invoice."""
    face = face_of(invoice)
    return Printed(invoice, face, _values(face), tuple(_row(row) for row in face.annex or face.rows), qr_text(invoice))


def qr_text(invoice: Invoice) -> str:
    """Return the content of the QR code; an invoice without a number has none."""
    if not invoice.is_numbered:
        return ""
    return rules.qr_payload(
        kind=invoice.kind,
        code=invoice.code,
        number=invoice.number,
        amount=invoice.amount,
        total=invoice.total,
        dated_on=invoice.dated_on,
        check_code="" if invoice.kind in DEDUCTIBLE_KINDS else invoice.check_code,
    )


def _values(face: Face) -> dict[str, str]:
    invoice: Invoice = face.invoice
    parties = {
        f"{side}_{name}": str(getattr(invoice, f"{side}_{name}"))
        for side in ("buyer", "seller")
        for name in ("name", "number", "address", "bank")
    }
    vehicle = {} if face.vehicle is None else asdict(face.vehicle)
    return (
        parties
        | vehicle
        | {
            "title": face.title,
            "code": face.code,
            "number": face.number,
            "numbered": f"№ {face.number}" if face.number else "",
            "date": f"{face.dated_on:%Y年%m月%d日}" if face.dated_on else "",
            "machine": face.machine_number,
            "check": face.check_code,
            "cipher": "\n".join(
                invoice.cipher_text[at : at + _CIPHER_ROW] for at in range(0, len(invoice.cipher_text), _CIPHER_ROW)
            ),
            "mark": _("销项负数") if invoice.is_red else "",
            "rate": face.rate,
            "amount": _money(face.amount),
            "tax": NO_TAX if face.rows and all(row.tax is None for row in face.rows) else _money(face.tax),
            "total": _money(face.total),
            "capitals": f"⊗{face.capitals}",
            "remark": face.remark,
            "payee": invoice.payee,
            "reviewer": invoice.reviewer,
            "drawer": invoice.drawer_name,
            "of_kind": _("所属%(kind)s代码:") % {"kind": InvoiceKind(invoice.kind).label},
        }
    )


def _money(value: Decimal) -> str:
    return f"¥{value:.2f}"


def _row(row: FaceRow) -> dict[str, str]:
    return {
        "name": row.name,
        "spec": row.spec,
        "unit": row.unit,
        "quantity": row.quantity,
        "price": row.price,
        "amount": f"{row.amount:.2f}",
        "rate": row.rate,
        "tax": NO_TAX if row.tax is None else f"{row.tax:.2f}",
    }


def gross_row(row: FaceRow) -> dict[str, str]:
    """Return a line as a roll shows it: with the tax in its price and its sum."""
    gross = row.amount + (row.tax or Decimal(0))
    quantity = Decimal(row.quantity or 0)
    price = (gross / quantity).quantize(Decimal("0.01")) if quantity else None
    return {
        "name": row.name,
        "price": "" if price is None else f"{price:f}",
        "quantity": row.quantity,
        "amount": f"{gross:.2f}",
    }
