"""What the hall asks of a treasury, and what it believes: signed answers only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class TreasuryError(Exception):
    """The treasury did not answer; `sent` says whether the order may have reached it."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class TreasurySignatureError(Exception):
    """An answer came, but its signature does not hold; nothing in it is believed."""


@dataclass(frozen=True)
class PaymentOrder:
    """What is to be paid; the key makes a repeat the same order."""

    key: str
    taxpayer_number: str
    amount: Decimal
    purpose: str


@dataclass(frozen=True)
class TreasuryAnswer:
    """A treasury's word on one order. States: received, partial, failed, refunded, pending, absent."""

    key: str
    state: str
    amount: Decimal
    reference: str
    message: str
    answered_at: datetime
    raw: str
    signature: str
    key_id: str
    algorithm: str
    # Of a message that came by itself: its number, and when it was sent.
    message_id: str = ""
    sent_at: datetime | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the exact signed text."""
        return hashlib.sha256(self.raw.encode()).hexdigest()


class TreasuryGateway(Protocol):
    """A way to a treasury. Every answer returned has had its signature verified."""

    is_demo: bool

    def pay(self, order: PaymentOrder) -> TreasuryAnswer:
        """Hand in an order. Raises: TreasuryError, TreasurySignatureError."""

    def query(self, order: PaymentOrder) -> TreasuryAnswer:
        """Ask what became of an order, by its key. Raises: TreasuryError, TreasurySignatureError."""

    def verify(self, raw: str, signature: str) -> TreasuryAnswer:
        """Read an answer that came by itself (a callback). Raises: TreasurySignatureError."""


def treasury() -> TreasuryGateway:
    """Return the treasury that the settings name."""
    gateway: TreasuryGateway = import_string(settings.TREASURY_GATEWAY)()
    return gateway


def canonical(fields: dict[str, str]) -> str:
    """Write fields as the one text that is signed."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_answer(raw: str, signature: str, *, key_id: str, algorithm: str) -> TreasuryAnswer:
    """Read a signed text whose signature was verified. Raises: TreasurySignatureError for a broken one."""
    try:
        fields = json.loads(raw)
        return TreasuryAnswer(
            key=str(fields["key"]),
            state=str(fields["state"]),
            amount=Decimal(fields["amount"]),
            reference=str(fields["reference"]),
            message=str(fields["message"]),
            answered_at=_moment(fields["answered_at"]),
            raw=raw,
            signature=signature,
            key_id=key_id,
            algorithm=algorithm,
            message_id=str(fields.get("message_id", "")),
            sent_at=_moment(fields["sent_at"]) if "sent_at" in fields else None,
        )
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise TreasurySignatureError(f"unreadable answer: {error}") from error


def _moment(text: str) -> datetime:
    """Read a moment; one without its zone could mean anything. Raises: ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment
