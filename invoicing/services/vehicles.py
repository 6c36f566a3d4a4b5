"""The vehicle of a vehicle invoice: kept with the draft, copied to its red invoice."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

from devices.choices import InvoiceKind
from invoicing.drafts import InvoiceDraft, VehicleDraft
from invoicing.models import Invoice, InvoiceVehicle
from invoicing.rules.vehicle import bureau_words
from taxhall.common.locks import hold_until_commit

_NAMES = tuple(each.name for each in fields(VehicleDraft))


def vehicle_of(invoice: Invoice) -> VehicleDraft | None:
    """Return the vehicle of an invoice as it was entered; None for any other kind."""
    if invoice.kind != InvoiceKind.VEHICLE:
        return None
    found = InvoiceVehicle.objects.filter(invoice=invoice).first()
    return VehicleDraft() if found is None else VehicleDraft(**{name: getattr(found, name) for name in _NAMES})


def hold_vehicle(invoice: Invoice) -> None:
    """Let one act that sells a vehicle, or makes it count as sold again, go on at a time, whatever disk it is on."""
    vehicle = vehicle_of(invoice)
    if vehicle is not None and vehicle.vin:
        hold_until_commit(f"vehicle:{invoice.taxpayer_id}:{vehicle.vin}")


def keep_bureau(invoice: Invoice) -> None:
    """Write on a vehicle invoice that leaves its draft which bureau is in charge of its seller on this day."""
    if invoice.kind == InvoiceKind.VEHICLE:
        bureau = invoice.taxpayer.bureau
        words = bureau_words(name=bureau.name, code=bureau.code)
        InvoiceVehicle.objects.filter(invoice=invoice).update(bureau=words)


def save_vehicle(invoice: Invoice, vehicle: VehicleDraft | None) -> None:
    """Write the vehicle of a draft, or take it away when the draft is of another kind now."""
    if invoice.kind != InvoiceKind.VEHICLE:
        InvoiceVehicle.objects.filter(invoice=invoice).delete()
    elif vehicle is not None:
        InvoiceVehicle.objects.update_or_create(invoice=invoice, defaults=asdict(vehicle))


def tidy_vehicle(draft: InvoiceDraft) -> VehicleDraft | None:
    """Trim what people paste; marks and numbers of papers are written in capitals without spaces."""
    vehicle = draft.vehicle
    if vehicle is None or draft.kind != InvoiceKind.VEHICLE:
        return None
    texts: dict[str, Any] = {
        name: " ".join(text.split()) for name, text in asdict(vehicle).items() if isinstance(text, str)
    }
    for name in ("vin", "engine_number", "certificate_number", "import_certificate", "inspection_number"):
        texts[name] = texts[name].replace(" ", "").upper()
    return replace(vehicle, **texts)


def without_marks(vehicle: VehicleDraft) -> VehicleDraft:
    """Return the same model without what belongs to one vehicle alone."""
    return replace(
        vehicle, vin="", engine_number="", certificate_number="", import_certificate="", inspection_number="",
        tax_receipt="",
    )  # fmt: skip
