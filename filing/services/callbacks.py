"""Messages that the treasury sends by itself (回调): proved, fresh, acted on once; what is refused leaves its trace."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import AuditEvent
from filing.errors import CallbackRefusedError
from filing.gateway.base import TreasuryAnswer, canonical, treasury
from filing.models import Payment, TreasuryMessage
from filing.services.receipts import record_payment
from taxhall.common import clock

# How far the treasury's clock and the way may put a message off. An older one is sent again, signed anew; the
# hall asks by itself as well.
FRESH_FOR = timedelta(minutes=5)
_REFUSED = "filing.callback_refused"
# Anybody can post rubbish: beyond this it is in the log alone, so that the trail stays readable.
_REFUSALS_A_MINUTE = 30


@transaction.atomic
def record_callback(*, raw: str, signature: str) -> Payment:
    """Take an answer that the treasury sent by itself; the same message again changes nothing.

    Rule: signed by the treasury, sent within minutes, its number never used for anything else.
    Raises: TreasurySignatureError; CallbackRefusedError; PaymentAnswerError.
    """
    answer = treasury().verify(raw, signature)
    if not answer.message_id or answer.sent_at is None or len(answer.message_id) > 64:
        raise CallbackRefusedError("unnumbered", _("报文没有编号或发出时间，没有记账。"))
    if abs(timezone.now() - answer.sent_at) > FRESH_FOR:
        raise CallbackRefusedError("stale", _("报文的发出时间超出允许的范围，没有记账。"))
    payment = Payment.objects.filter(key=answer.key).first()
    if payment is None:
        raise CallbackRefusedError("unknown_order", _("没有这笔缴款，没有记账。"))
    message, is_new = TreasuryMessage.objects.get_or_create(
        number=answer.message_id,
        defaults={"payment": payment, "digest": _content_digest(answer), "sent_at": answer.sent_at},
    )
    if message.digest != _content_digest(answer):
        raise CallbackRefusedError("number_reused", _("报文号已用于另一份内容，没有记账。"))
    return record_payment(payment_id=str(payment.pk), answer=answer) if is_new else payment


def _content_digest(answer: TreasuryAnswer) -> str:
    """Return the digest of what a message says; when it was sent and signed is left out."""
    fields = {"key": answer.key, "state": answer.state, "amount": str(answer.amount), "reference": answer.reference}
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


@transaction.atomic
def note_refused_callback(*, why: str, raw: str, network: str) -> bool:
    """Write down that a message was refused; say whether it was, as a flood of them is only counted by the log."""
    since = clock.now() - timedelta(minutes=1)
    lately = AuditEvent.objects.filter(action=_REFUSED, at__gt=since)[:_REFUSALS_A_MINUTE]
    if len(lately) >= _REFUSALS_A_MINUTE:
        return False
    digest = hashlib.sha256(raw.encode()).hexdigest()
    account_services.record_audit_event(
        actor=None, action=_REFUSED, obj=None, data={"why": why, "digest": digest, "network": network}
    )
    return True
