"""Paying a return: intent first, the treasury outside any transaction, then its verified word.

The three steps of one payment:
1. `pay_return` commits a Payment row (requested) and rings.
2. `perform_payment` takes the row by a conditional update and talks to the treasury with no
   transaction open. Once bytes may have left, it only asks by key; it never pays a second time.
3. `record_payment` (receipts.py) writes the signed answer down; a repeated answer changes nothing.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from filing import policies, selectors, tasks
from filing.choices import ENDED_PAYMENTS, WAITING_PAYMENTS, PaymentState, ReturnStatus
from filing.errors import PaymentNotPossibleError
from filing.gateway.base import PaymentOrder, TreasuryError, TreasurySignatureError, treasury
from filing.models import Payment, TaxReturn
from filing.services.receipts import FINAL_ANSWERS, record_payment
from taxhall.common import doorbell
from taxhall.common.policies import require

logger = logging.getLogger(__name__)

_LEASE = timedelta(seconds=60)
_LONGEST_WAIT_SECONDS = 600


@transaction.atomic
def pay_return(*, actor: User, tax_return: TaxReturn, key: str) -> Payment:
    """Order the payment of a filed return; the same key, or an order under way, returns that order.

    Raises: NotPermittedError; PaymentNotPossibleError when nothing is owed or it is not filed.
    """
    locked = TaxReturn.objects.select_for_update(of=("self",)).select_related("taxpayer").get(pk=tax_return.pk)
    require(
        policies.can_change_return(actor, locked),
        _("您在这家企业的身份不能缴款，需要法定代表人、财务负责人、管理员或办税员办理。"),
    )
    standing = locked.payments.filter(Q(key=key) | ~Q(state__in=ENDED_PAYMENTS)).first()
    if standing is not None:
        return standing
    dues = selectors.dues_of(locked)
    if locked.status != ReturnStatus.SUBMITTED or not dues.total:
        raise PaymentNotPossibleError(
            _("这张申报表现在不需要缴款，没有发起扣款。"), next_step=_("请在申报结果页查看状态。")
        )
    payment = Payment.objects.create(
        tax_return=locked, key=key, amount=dues.total, late_fee=dues.late_fee, late_days=dues.days, requested_by=actor
    )
    account_services.record_audit_event(
        actor=actor,
        action="filing.payment_requested",
        obj=payment,
        taxpayer=locked.taxpayer,
        data={
            "amount": str(payment.amount), "late_fee": str(payment.late_fee), "late_days": payment.late_days,
            "return": locked.receipt_number,
        },
    )  # fmt: skip
    doorbell.ring_on_commit(tasks.pay_return, payment.pk)
    return payment


def perform_payment(*, payment_id: str) -> None:
    """Talk to the treasury about one order and record what it says; safe to run any number of times."""
    payment = _claim(payment_id)
    if payment is None:
        return
    gateway = treasury()
    order = PaymentOrder(
        key=payment.key,
        taxpayer_number=payment.tax_return.taxpayer.number,
        amount=payment.amount,
        purpose=f"VAT {payment.tax_return.period.code}",
    )
    try:
        answer = gateway.pay(order) if payment.sent_at is None else gateway.query(order)
        if answer.state == "absent" and payment.sent_at is not None:
            # The treasury signed that it never saw the key: handing in the same key again is safe.
            answer = gateway.pay(order)
    except (TreasuryError, TreasurySignatureError) as error:
        sent = not isinstance(error, TreasuryError) or error.sent
        logger.warning("treasury answer to %s not usable: %s", payment.key, error)
        _postpone(payment, sent=sent or payment.sent_at is not None)
        return
    if answer.state in FINAL_ANSWERS:
        record_payment(payment_id=str(payment.pk), answer=answer)
    else:
        _postpone(payment, sent=True)


@transaction.atomic(durable=True)
def _claim(payment_id: str) -> Payment | None:
    """Take the order for a minute; durable, so that the treasury is never called inside a transaction."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    taken = Payment.objects.filter(free, pk=payment_id, state__in=WAITING_PAYMENTS).update(
        lease_until=now + _LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    payment = Payment.objects.select_related("tax_return__taxpayer").get(pk=payment_id)
    if payment.attempts == 1:
        return payment
    # A worker that died between claiming and answering may have sent the order: ask, do not tell.
    payment.sent_at = payment.sent_at or payment.created_at
    return payment


@transaction.atomic
def _postpone(payment: Payment, *, sent: bool) -> None:
    row = Payment.objects.select_for_update().get(pk=payment.pk)
    if row.state not in WAITING_PAYMENTS:
        return
    wait = min(15 * 2 ** min(row.attempts, 10), _LONGEST_WAIT_SECONDS)
    row.lease_until, row.next_attempt_at = None, timezone.now() + timedelta(seconds=wait)
    if sent:
        row.sent_at = row.sent_at or timezone.now()
        row.state = PaymentState.UNKNOWN
        row.message = _("国库没有给出可以核实的答复，系统会继续查询，不会重复扣款。")
    else:
        # Nothing left the hall: the next attempt may hand the order in as new.
        row.attempts = 0
        row.message = _("暂时连不上国库，还没有扣款，系统会自动再试。")
    row.save()


def sweep_payments() -> int:
    """Ring for every order that waits and is due; return how many."""
    now = timezone.now()
    due = Payment.objects.filter(state__in=WAITING_PAYMENTS).filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=now),
        Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lt=now),
    )
    ids = list(due.order_by("created_at").values_list("pk", flat=True)[:200])
    for pk in ids:
        doorbell.ring(tasks.pay_return, pk)
    return len(ids)
