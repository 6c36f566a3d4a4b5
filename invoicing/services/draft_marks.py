"""What a draft holds, in one word: with it a page says what it was made from, so that no save undoes another unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from invoicing.drafts import VehicleDraft
from invoicing.errors import DraftSavedElsewhereError
from invoicing.models import Invoice, InvoiceLine
from invoicing.services.vehicles import vehicle_of

# What a person enters. The sums follow from the lines; the day and the seller's data are not theirs.
_COLUMNS = (
    "kind", "is_tax_inclusive", "deduction_amount", "buyer_number", "buyer_name", "buyer_address", "buyer_bank",
    "remark", "payee", "reviewer",
)  # fmt: skip
_LINE_COLUMNS = (
    "line_kind", "name", "tax_code", "spec", "unit", "quantity", "price", "amount", "rate", "zero_mark", "rate_reason",
    "tax",
)  # fmt: skip


def mark_of_rows(
    row: Mapping[str, Any], lines: Iterable[Mapping[str, Any]], *, vehicle: VehicleDraft | None, device: int | None
) -> str:
    """Return the mark of a draft that is about to be written."""
    content = [
        [row[name] for name in _COLUMNS],
        [[line[name] for name in _LINE_COLUMNS] for line in lines],
        None if vehicle is None else list(asdict(vehicle).values()),
        device,
    ]
    return hashlib.sha256(json.dumps(content, default=_plain).encode()).hexdigest()


def draft_mark(invoice: Invoice, lines: Iterable[InvoiceLine] | None = None) -> str:
    """Return the mark of a stored draft: the same as when it was about to be written."""
    found = invoice.lines.all() if lines is None else lines
    return mark_of_rows(
        {name: getattr(invoice, name) for name in _COLUMNS},
        [{name: getattr(line, name) for name in _LINE_COLUMNS} for line in found],
        vehicle=vehicle_of(invoice),
        device=invoice.device_id,
    )


def require_unchanged(locked: Invoice, *, seen: str, wanted: str) -> None:
    """Refuse to write over what the page was not made from; the same content sent again changes nothing.

    Raises: DraftSavedElsewhereError.
    """
    stored = draft_mark(locked)
    if stored not in (seen, wanted):
        raise DraftSavedElsewhereError(locked, mark=stored)


def _plain(value: Any) -> str:
    # A column adds zeros to a number that stay out of what it says.
    return f"{value.normalize() + 0:f}" if isinstance(value, Decimal) else str(value)
