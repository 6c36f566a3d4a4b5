"""What a draft shows, as one mark: who issues it says which face was before the eyes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict

from invoicing.models import Invoice, InvoiceLine
from invoicing.services.vehicles import vehicle_of

_FACE = (
    "kind", "device_id", "blue_id", "is_tax_inclusive", "deduction_amount", "amount", "tax", "total",
    "buyer_number", "buyer_name", "buyer_address", "buyer_bank", "remark", "payee", "reviewer",
)  # fmt: skip
_LINE = (
    "position", "line_kind", "name", "tax_code", "spec", "unit", "quantity", "price", "amount", "rate", "zero_mark",
    "rate_reason", "tax",
)  # fmt: skip


def shown_mark(invoice: Invoice, lines: Iterable[InvoiceLine] | None = None) -> str:
    """Return a mark that changes with whatever the author of a draft chose; day and seller follow by themselves."""
    rows = invoice.lines.all() if lines is None else lines
    vehicle = vehicle_of(invoice)
    content = [
        [str(getattr(invoice, name)) for name in _FACE],
        [[str(getattr(line, name)) for name in _LINE] for line in rows],
        None if vehicle is None else {name: str(value) for name, value in asdict(vehicle).items()},
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
