"""Writing down what the treasury signed: received, received in part, failed, given back. Each is believed once."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.dispatch import Signal
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as account_services
from filing import signals, tasks
from filing.choices import HELD_PAYMENTS, PAYMENT_TRANSITIONS, PaymentState, ReturnStatus
from filing.errors import PaymentAnswerError
from filing.gateway.base import TreasuryAnswer
from filing.models import Payment, PaymentAnswer, TaxReturn
from taxhall.common import doorbell
from taxhall.common.money import ZERO

# What settles an order; anything else (pending, absent) says nothing for good.
FINAL_ANSWERS: tuple[str, ...] = (
    PaymentState.RECEIVED.value,
    PaymentState.PARTIAL.value,
    PaymentState.FAILED.value,
    PaymentState.REFUNDED.value,
)


@transaction.atomic
def record_payment(*, payment_id: str, answer: TreasuryAnswer) -> Payment:
    """Write down the treasury's verified answer; received marks the return as paid, given back as owed again.

    A final answer that contradicts an earlier one moves nothing: it is kept and told, and people clear it up.
    Raises: PaymentAnswerError when the answer is about another order or amount.
    """
    found = Payment.objects.only("tax_return_id").get(pk=payment_id)
    tax_return = (
        TaxReturn.objects.select_for_update(of=("self",)).select_related("taxpayer").get(pk=found.tax_return_id)
    )
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if answer.key != payment.key or not _amount_fits(payment, answer):
        raise PaymentAnswerError(_("国库的答复与这笔缴款不符，没有记账。"))
    if not _keep(payment, answer) or answer.state not in FINAL_ANSWERS or answer.state == payment.state:
        return payment
    if (payment.state, answer.state) in PAYMENT_TRANSITIONS:
        _settle(payment, tax_return, answer)
    else:
        _tell_contradiction(payment, tax_return, answer)
    return payment


def _amount_fits(payment: Payment, answer: TreasuryAnswer) -> bool:
    if answer.state == PaymentState.PARTIAL:
        return ZERO < answer.amount < payment.amount
    if answer.state == PaymentState.REFUNDED and payment.state in HELD_PAYMENTS:
        return answer.amount == payment.received_amount
    return answer.amount == payment.amount


def _keep(payment: Payment, answer: TreasuryAnswer) -> bool:
    """Keep an answer as it was signed; say whether it is the first time."""
    _row, is_new = PaymentAnswer.objects.get_or_create(
        digest=answer.digest,
        defaults={
            "payment": payment,
            "state": answer.state,
            "raw": answer.raw,
            "signature": answer.signature,
            "key_id": answer.key_id,
            "algorithm": answer.algorithm,
        },
    )
    return is_new


def _settle(payment: Payment, tax_return: TaxReturn, answer: TreasuryAnswer) -> None:
    was_held = payment.state in HELD_PAYMENTS
    payment.state, payment.message = PaymentState(answer.state), answer.message[:300]
    payment.treasury_reference, payment.signature = answer.reference[:80], answer.signature
    payment.lease_until = payment.next_attempt_at = None
    payment.sent_at = payment.sent_at or timezone.now()
    if answer.state in HELD_PAYMENTS:
        payment.received_at, payment.received_amount = answer.answered_at, answer.amount
        payment.received_tax = min(answer.amount, payment.tax_amount)
    if answer.state == PaymentState.REFUNDED:
        payment.refunded_at = answer.answered_at
    payment.save()
    _move_return(tax_return, payment, was_held=was_held)
    _audit(payment, tax_return, answer, action=f"filing.payment_{answer.state}")
    _tell(payment, tax_return)


def _move_return(tax_return: TaxReturn, payment: Payment, *, was_held: bool) -> None:
    """Say on the return what the money did, and let the comparison and the clear look again."""
    if payment.state == PaymentState.REFUNDED and was_held:
        tax_return = _give_back(tax_return, payment)
    if payment.state == PaymentState.RECEIVED and tax_return.status == ReturnStatus.SUBMITTED:
        _move(tax_return, ReturnStatus.PAID, signals.payment_received)
    elif payment.state == PaymentState.REFUNDED and tax_return.status == ReturnStatus.PAID:
        _move(tax_return, ReturnStatus.SUBMITTED, signals.payment_refunded)
    elif payment.state == PaymentState.REFUNDED and was_held:
        transaction.on_commit(partial(signals.payment_refunded.send, sender=TaxReturn, tax_return=tax_return))
    if payment.state != PaymentState.FAILED:
        doorbell.ring_on_commit(tasks.compare_return, tax_return.pk)


def _move(tax_return: TaxReturn, status: ReturnStatus, news: Signal) -> None:
    tax_return.status = status
    tax_return.save(update_fields=["status", "updated_at"])
    transaction.on_commit(partial(news.send, sender=TaxReturn, tax_return=tax_return))


def _give_back(tax_return: TaxReturn, payment: Payment) -> TaxReturn:
    """Take the money off the corrections that counted it as paid before; return the one that stands."""
    while True:
        filed = tax_return.corrections.exclude(status=ReturnStatus.DRAFT)
        later = filed.select_for_update(of=("self",)).select_related("taxpayer").first()
        if later is None:
            return tax_return
        later.paid_before -= payment.received_tax
        later.save(update_fields=["paid_before", "updated_at"])
        tax_return = later


def _audit(payment: Payment, tax_return: TaxReturn, answer: TreasuryAnswer, *, action: str) -> None:
    account_services.record_audit_event(
        actor=None, action=action, obj=payment, taxpayer=tax_return.taxpayer,
        data={"reference": answer.reference, "amount": str(answer.amount), "digest": answer.digest},
    )  # fmt: skip


def _tell(payment: Payment, tax_return: TaxReturn) -> None:
    titles = {
        PaymentState.RECEIVED: _("税款已入库"),
        PaymentState.PARTIAL: _("税款只有一部分入库，其余还须缴纳"),
        PaymentState.FAILED: _("缴款没有成功，没有扣款"),
        PaymentState.REFUNDED: _("国库退回了税款，须重新缴纳"),
    }
    amount = payment.amount if payment.state == PaymentState.FAILED else payment.received_amount or payment.amount
    _notice(tax_return, titles[PaymentState(payment.state)], amount=amount, message=payment.message, key=payment)


def _tell_contradiction(payment: Payment, tax_return: TaxReturn, answer: TreasuryAnswer) -> None:
    _audit(payment, tax_return, answer, action="filing.payment_contradicted")
    message = _("先前的答复是“%(state)s”，缴款状态没有改动。请联系主管税务机关核实。") % {
        "state": payment.get_state_display()
    }
    title = _("国库的两次答复互相矛盾：又答复“%(state)s”") % {"state": PaymentState(answer.state).label}
    _notice(tax_return, title, amount=answer.amount, message=message, key=payment, at=answer.answered_at)


def _notice(
    tax_return: TaxReturn, title: str, *, amount: object, message: str, key: Payment, at: datetime | None = None
) -> None:
    account_services.send_notice(
        taxpayer=tax_return.taxpayer,
        kind="payment",
        title=title,
        body=_("%(period)s，金额 %(amount)s 元。%(message)s")
        % {"period": tax_return.period.label, "amount": f"{amount:,.2f}", "message": message},
        link=reverse("filing:return-pay", args=[tax_return.pk]),
        dedupe_key=f"filing:{key.pk}:{key.state}:{at or ''}",
    )
