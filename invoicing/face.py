"""The face of an invoice: everything that stands on it, whatever draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import DEDUCTIBLE_KINDS, SPECIAL_KINDS
from invoicing.drafts import InvoiceDraft
from invoicing.models import Invoice, InvoiceLine, InvoiceVehicle
from invoicing.rules import FaceLine, Totals
from invoicing.rules.vehicle import bureau_words
from invoicing.vehicle_face import VehicleFace, vehicle_face
from taxhall.common.money import in_capitals
from taxhall.common.rates import TaxRate

# A single page of paper holds eight lines; more go to the list of goods (销货清单).
LINES_ON_FACE = 8
_CIPHER_ROW = 28
# Where only a difference is taxed, no rate fits the amount that is printed.
_DIFFERENCE_RATE = "***"
_REGIONS = {"6100": "陕西"}
# What stands on the face where that is not the name of the kind.
_TITLES: dict[str, str] = {
    InvoiceKind.DIGITAL_SPECIAL: "电子发票（增值税专用发票）",
    InvoiceKind.DIGITAL_ORDINARY: "电子发票（普通发票）",
}
_ZERO_TAX = frozenset({TaxRate.EXEMPT.value, TaxRate.UNTAXED.value})


@dataclass(frozen=True)
class FaceRow:
    """One line as printed: tax-exclusive price, rate in words, *** for no tax."""

    name: str
    spec: str
    unit: str
    quantity: str
    price: str
    amount: Decimal
    rate: str
    tax: Decimal | None


@dataclass(frozen=True)
class Face:
    """Everything that stands on an invoice."""

    title: str
    invoice: Any
    rows: tuple[FaceRow, ...]
    amount: Decimal
    tax: Decimal
    total: Decimal
    capitals: str
    machine_number: str = ""
    check_code: str = ""
    cipher_rows: tuple[str, ...] = ()
    dated_on: date | None = None
    code: str = ""
    number: str = ""
    remark: str = ""
    # The list of goods (销货清单) that goes with a paper face of more than eight lines.
    annex: tuple[FaceRow, ...] = ()
    is_digital: bool = False
    # Only of a vehicle invoice, whose face has no lines.
    vehicle: VehicleFace | None = None

    @property
    def rate(self) -> str:
        """The rate of a face that has no lines."""
        return self.rows[0].rate if self.rows else ""


def _on_face(kind: str, rows: tuple[FaceRow, ...], *, amount: Decimal, tax: Decimal) -> dict[str, Any]:
    """Lay the rows on the face, or on a list with one row on the face that points to it."""
    if kind not in (InvoiceKind.SPECIAL, InvoiceKind.ORDINARY) or len(rows) <= LINES_ON_FACE:
        return {"rows": rows}
    rates = {row.rate for row in rows}
    rate = rates.pop() if len(rates) == 1 else ""
    told = None if all(row.tax is None for row in rows) else tax
    return {"rows": (FaceRow("(详见销货清单)", "", "", "", "", amount, rate, told),), "annex": rows}


def face_of(invoice: Invoice) -> Face:
    """Return the face of a stored invoice."""
    is_difference = invoice.deduction_amount is not None
    return Face(
        title=_title(invoice.kind, invoice.code),
        invoice=invoice,
        **_on_face(
            invoice.kind,
            tuple(_stored_row(line, is_difference) for line in invoice.lines.all()),
            amount=invoice.amount,
            tax=invoice.tax,
        ),
        amount=invoice.amount,
        tax=invoice.tax,
        total=invoice.total,
        capitals=in_capitals(invoice.total),
        machine_number="" if invoice.device is None or invoice.kind in SPECIAL_KINDS else invoice.device.serial,
        check_code="" if invoice.kind in DEDUCTIBLE_KINDS else _spaced(invoice.check_code),
        cipher_rows=_cipher_rows(invoice.cipher_text),
        dated_on=timezone.localdate(invoice.issued_at) if invoice.issued_at else invoice.dated_on,
        code=invoice.code,
        number=invoice.number,
        remark=full_remark(invoice),
        is_digital=invoice.is_digital,
        vehicle=_stored_vehicle(invoice),
    )


def _stored_vehicle(invoice: Invoice) -> VehicleFace | None:
    if invoice.kind != InvoiceKind.VEHICLE:
        return None
    kept: InvoiceVehicle | None = getattr(invoice, "vehicle", None)
    # A draft has none yet, or that of an issue that the disk refused.
    frozen = "" if kept is None or invoice.is_draft else kept.bureau
    return vehicle_face(
        kept,
        bureau=frozen or _bureau_of(invoice.taxpayer),
        address=invoice.seller_address,
        bank=invoice.seller_bank,
    )


def preview_of(draft: InvoiceDraft, lines: Sequence[FaceLine], totals: Totals, *, today: date, seller: Any) -> Face:
    """Return the face of what is being typed; parties come from the draft and the company in sight."""
    parties: dict[str, Any] = {
        name: getattr(draft, name) for name in ("buyer_name", "buyer_number", "buyer_address", "buyer_bank")
    }
    parties |= {"payee": draft.payee, "reviewer": draft.reviewer}
    parties |= {"seller_name": seller.name, "seller_number": seller.number, "seller_bank": seller.bank}
    parties |= {"seller_address": f"{seller.address} {seller.phone}".strip()}
    return Face(
        title=_title(draft.kind, ""),
        invoice=parties,
        **_on_face(draft.kind, tuple(_typed_row(line, draft) for line in lines), amount=totals.amount, tax=totals.tax),
        amount=totals.amount,
        tax=totals.tax,
        total=totals.total,
        capitals=in_capitals(totals.total),
        dated_on=today,
        remark=draft.remark,
        is_digital=draft.kind in DIGITAL_KINDS,
        vehicle=_typed_vehicle(draft, seller, parties),
    )


def _bureau_of(seller: Any) -> str:
    return bureau_words(name=seller.bureau.name, code=seller.bureau.code)


def _typed_vehicle(draft: InvoiceDraft, seller: Any, parties: dict[str, Any]) -> VehicleFace | None:
    if draft.kind != InvoiceKind.VEHICLE:
        return None
    return vehicle_face(
        draft.vehicle, bureau=_bureau_of(seller), address=parties["seller_address"], bank=parties["seller_bank"]
    )


def _title(kind: str, code: str) -> str:
    if kind in _TITLES:
        return _TITLES[kind]
    if kind == InvoiceKind.VEHICLE:
        return str(InvoiceKind(kind).label)
    region = _REGIONS.get(code[:4] if len(code) == 10 else code[1:5], "") if code else ""
    return f"{region}{InvoiceKind(kind).label}"


def _stored_row(line: InvoiceLine, is_difference: bool) -> FaceRow:
    row = _row(line, amount=line.amount, tax=line.tax, is_tax_inclusive=line.is_tax_inclusive)
    return replace(row, rate=_DIFFERENCE_RATE) if is_difference else row


def _typed_row(line: FaceLine, draft: InvoiceDraft) -> FaceRow:
    row = _row(
        line.source,
        amount=line.amount,
        tax=line.tax,
        is_tax_inclusive=draft.is_tax_inclusive,
        is_described=not line.is_discount,
    )
    return row if draft.deduction is None else replace(row, rate=_DIFFERENCE_RATE)


def _row(line: Any, *, amount: Decimal, tax: Decimal, is_tax_inclusive: bool, is_described: bool = True) -> FaceRow:
    price = line.price
    if is_tax_inclusive and line.quantity:
        price = (amount / line.quantity).quantize(Decimal("0.00000001"))
    return FaceRow(
        name=line.name,
        spec=line.spec if is_described else "",
        unit=line.unit if is_described else "",
        quantity=_plain(line.quantity) if is_described else "",
        price=_plain(price) if is_described else "",
        amount=amount,
        rate=str(TaxRate(line.rate).label) if line.rate in TaxRate.values else "",
        tax=None if line.rate in _ZERO_TAX else tax,
    )


def _plain(value: Decimal | None) -> str:
    """Write a number without the zeros that only the column added."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _spaced(code: str) -> str:
    return " ".join(code[start : start + 5] for start in range(0, len(code), 5))


def _cipher_rows(text: str) -> tuple[str, ...]:
    return tuple(text[start : start + _CIPHER_ROW] for start in range(0, len(text), _CIPHER_ROW))


def full_remark(invoice: Invoice) -> str:
    """Return the remark, with the blue invoice where it names only the form that allowed the red one."""
    blue = invoice.blue
    if blue is None or blue.number in invoice.remark:
        return invoice.remark
    named = f"对应正数发票代码:{blue.code}号码:{blue.number}" if blue.code else f"被红冲蓝字数电票号码：{blue.number}"
    return f"{invoice.remark} {named}".strip()
