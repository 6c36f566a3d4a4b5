"""What a person enters for an invoice, before anything is computed or checked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class LineDraft:
    """One line as entered; price, amount and discount include the tax when the draft says so."""

    name: str = ""
    tax_code: str = ""
    spec: str = ""
    unit: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    rate: str = ""
    rate_reason: str = ""
    discount: Decimal | None = None
    is_export: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing but the preselected rate was entered."""
        entered = (self.name, self.tax_code, self.spec, self.unit, self.quantity, self.price, self.amount)
        return not any(each not in ("", None) for each in entered)


@dataclass(frozen=True)
class VehicleDraft:
    """The vehicle of a 机动车销售统一发票 as entered."""

    vehicle_type: str = ""
    brand_model: str = ""
    origin: str = ""
    vin: str = ""
    engine_number: str = ""
    certificate_number: str = ""
    import_certificate: str = ""
    inspection_number: str = ""
    tax_receipt: str = ""
    tonnage: Decimal | None = None
    seats: int | None = None


@dataclass(frozen=True)
class InvoiceDraft:
    """A whole invoice as entered."""

    kind: str
    lines: tuple[LineDraft, ...]
    buyer_name: str = ""
    buyer_number: str = ""
    buyer_address: str = ""
    buyer_bank: str = ""
    remark: str = ""
    payee: str = ""
    reviewer: str = ""
    is_tax_inclusive: bool = False
    # 差额征税: what is taken off the price before it is taxed; None for an ordinary invoice.
    deduction: Decimal | None = None
    # Only of a vehicle invoice.
    vehicle: VehicleDraft | None = None
    draft_key: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing worth keeping yet."""
        return not self.buyer_name and all(line.is_blank for line in self.lines)
