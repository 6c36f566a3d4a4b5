"""What news says: the invoice as it was at the moment of the change, the same bytes at every attempt."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.utils import timezone

from devices.choices import InvoiceKind
from invoicing.models import HookEvent, Invoice
from invoicing.state_words import state_tag


def body_of(event: HookEvent) -> bytes:
    """Return the body that is posted for an event."""
    told: dict[str, Any] = {
        "id": str(event.uid),
        "kind": event.kind,
        "at": timezone.localtime(event.at).isoformat(timespec="seconds"),
        "taxpayer": event.taxpayer.number,
        "invoice": _invoice(event.facts) if event.facts else None,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def _invoice(facts: dict[str, Any]) -> dict[str, Any]:
    seen = Invoice(
        state=facts["state"],
        blue_id=facts["blue"],
        amount=Decimal(facts["amount"]),
        red_amount=Decimal(facts["red_amount"]),
    )
    return {**facts, "kind_name": str(InvoiceKind(facts["kind"]).label), "word": state_tag(seen).word}
