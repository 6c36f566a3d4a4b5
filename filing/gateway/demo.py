"""A treasury for demonstrations (演示国库): no money, real signatures, faults on request.

It keeps nothing: its answer is a function of the order, so asking again gives the same answer. The
last four digits of the amount choose a fault:

    …44.01  failed: the account lacks funds
    …44.02  never answers
    …44.03  answers late: the order gets no answer, a later question gets "received"
    …44.04  answers with a signature that does not hold
    …44.05  receives half of it, the rest is to be paid anew
    …44.06  takes the order and keeps silent until it sends a message: `manage.py treasury_message`
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from filing.gateway.base import (
    PaymentOrder,
    TreasuryAnswer,
    TreasuryError,
    TreasurySignatureError,
    canonical,
    read_answer,
)
from taxhall.common import clock
from taxhall.common.money import round_money

KEY_ID = "demo-treasury-1"
ALGORITHM = "HMAC-SHA256"
_HUNDRED = Decimal(100)
_FAILS, _SILENT, _LATE, _FORGED, _HALF, _PENDING = (Decimal(f"44.0{digit}") for digit in (1, 2, 3, 4, 5, 6))
_STATES = {_FAILS: "failed", _HALF: "partial", _PENDING: "pending"}
_WORDS = {"failed": _lazy("演示：账户余额不足，没有扣款"), "partial": _lazy("演示：只收到一半")}


class DemoTreasury:
    """Answers every order as received, unless the amount asks for a fault."""

    is_demo: ClassVar[bool] = True

    def pay(self, order: PaymentOrder) -> TreasuryAnswer:
        """Answer an order. Raises: TreasuryError, TreasurySignatureError."""
        if order.amount % _HUNDRED in (_SILENT, _LATE):
            raise TreasuryError("no answer in time", sent=True)
        return self._answer(order)

    def query(self, order: PaymentOrder) -> TreasuryAnswer:
        """Answer a question about an order. Raises: TreasuryError, TreasurySignatureError."""
        if order.amount % _HUNDRED == _SILENT:
            raise TreasuryError("no answer in time", sent=True)
        return self._answer(order)

    def verify(self, raw: str, signature: str) -> TreasuryAnswer:
        """Read a signed answer. Raises: TreasurySignatureError."""
        if not hmac.compare_digest(_sign(raw), signature):
            raise TreasurySignatureError("the demo treasury did not sign this")
        return read_answer(raw, signature, key_id=KEY_ID, algorithm=ALGORITHM)

    def _answer(self, order: PaymentOrder) -> TreasuryAnswer:
        switch = order.amount % _HUNDRED
        state = _STATES.get(switch, "received")
        amount = round_money(order.amount / 2) if state == "partial" else order.amount
        raw = canonical(_fields(order.key, state, amount))
        return self.verify(raw, "0" * 64 if switch == _FORGED else _sign(raw))

    def message(self, *, key: str, state: str, amount: Decimal) -> tuple[str, str]:
        """Return text and signature of a message that this treasury sends by itself."""
        numbered = {"message_id": uuid.uuid4().hex, "sent_at": timezone.now().isoformat()}
        raw = canonical({**_fields(key, state, amount), **numbered})
        return raw, _sign(raw)


def _fields(key: str, state: str, amount: Decimal) -> dict[str, str]:
    return {
        "key": key,
        "state": state,
        "amount": str(amount),
        "reference": "DEMO" + hashlib.sha256(key.encode()).hexdigest()[:16].upper(),
        "message": str(_WORDS.get(state, _("演示国库，没有真实资金"))),
        "answered_at": clock.now().replace(microsecond=0).isoformat(),
    }


def _sign(raw: str) -> str:
    key = hashlib.sha256(f"taxhall demo treasury {settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, raw.encode(), hashlib.sha256).hexdigest()
