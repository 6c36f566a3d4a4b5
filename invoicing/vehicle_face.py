"""What only the face of a vehicle invoice (机动车销售统一发票) says, whatever draws it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from invoicing import rules
from invoicing.drafts import VehicleDraft
from invoicing.models import InvoiceVehicle


@dataclass(frozen=True)
class VehicleFace:
    """The vehicle, and the seller in the parts that this face asks for."""

    vehicle_type: str = ""
    brand_model: str = ""
    origin: str = ""
    vin: str = ""
    engine_number: str = ""
    certificate_number: str = ""
    import_certificate: str = ""
    inspection_number: str = ""
    tax_receipt: str = ""
    tonnage: str = ""
    seats: str = ""
    seller_street: str = ""
    seller_phone: str = ""
    seller_banker: str = ""
    seller_account: str = ""
    bureau: str = ""


_OF_VEHICLE = frozenset(field.name for field in fields(VehicleDraft))


def vehicle_face(vehicle: InvoiceVehicle | VehicleDraft | None, *, bureau: str, address: str, bank: str) -> VehicleFace:
    """Return what the face says of a vehicle, its seller and the seller's bureau; a draft may not have one yet."""
    street, phone = rules.split_phone(address)
    banker, account = rules.split_account(bank)
    return VehicleFace(
        seller_street=street,
        seller_phone=phone,
        seller_banker=banker,
        seller_account=account,
        bureau=bureau,
        **({} if vehicle is None else {name: _written(getattr(vehicle, name)) for name in _OF_VEHICLE}),
    )


def _written(value: Any) -> str:
    """Write a value; a weight without the zeros that only the column added."""
    if value is None or isinstance(value, str):
        return value or ""
    text = f"{value:f}" if not isinstance(value, int) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
