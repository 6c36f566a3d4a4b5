"""Messages that the treasury sends by itself: signed, fresh, numbered; whatever else comes changes nothing."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Notice
from filing import selectors, services
from filing.choices import PaymentState, ReturnStatus
from filing.gateway import demo
from filing.gateway.base import canonical
from filing.models import Payment, TaxReturn, TreasuryMessage
from tests.factories.accounts import MembershipFactory
from tests.factories.filing import PaymentFactory, TaxReturnFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
URL = "/filing/treasury/callback/"


def message(payment: Payment, state: str = "received", **changes: Any) -> dict[str, str]:
    """Return a message of the treasury as it is posted; `None` leaves a field out."""
    now = timezone.now()
    fields = {
        "key": payment.key, "state": state, "amount": str(payment.amount), "reference": "REF1", "message": "",
        "answered_at": now.isoformat(), "message_id": uuid.uuid4().hex, "sent_at": now.isoformat(), **changes,
    }  # fmt: skip
    raw = canonical({name: value for name, value in fields.items() if value is not None})
    return {"raw": raw, "signature": demo._sign(raw)}


def post(client: Any, envelope: object) -> int:
    """Post a message and return the status of the answer."""
    return int(client.post(URL, json.dumps(envelope), content_type="application/json").status_code)


def state_of(payment: Payment) -> tuple[str, str]:
    """Return the states of a payment and of its return."""
    found = Payment.objects.select_related("tax_return").get(pk=payment.pk)
    return found.state, found.tax_return.status


def refusals() -> list[str]:
    """Return why messages were refused, oldest first."""
    return [each.data["why"] for each in AuditEvent.objects.filter(action="filing.callback_refused").order_by("pk")]


def test_a_signed_message_settles_the_payment(client: Any) -> None:
    payment = PaymentFactory()
    assert post(client, message(payment)) == 204
    assert state_of(payment) == (PaymentState.RECEIVED, ReturnStatus.PAID)
    assert TreasuryMessage.objects.get().payment == payment
    assert refusals() == []


def test_the_same_message_signed_anew_changes_nothing(client: Any) -> None:
    payment = PaymentFactory()
    for later in (0, 60):
        sent = (timezone.now() + timedelta(seconds=later)).isoformat()
        assert post(client, message(payment, message_id="m-1", sent_at=sent)) == 204
    assert TreasuryMessage.objects.count() == 1
    assert AuditEvent.objects.filter(action="filing.payment_received").count() == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"message_id": None}, "unnumbered"), ({"message_id": "x" * 65}, "unnumbered"),
        ({"sent_at": None}, "unnumbered"),
        ({"sent_at": "2026-11-05T09:54:59+08:00"}, "stale"), ({"sent_at": "2026-11-05T10:05:01+08:00"}, "stale"),
        ({"key": "somebody-else"}, "unknown_order"), ({"amount": "499.99"}, "other_amount"),
        ({"sent_at": "2026-11-05T10:00:00"}, "signature"), ({"amount": "many"}, "signature"),
    ],
)  # fmt: skip
def test_a_message_that_does_not_fit_is_refused_and_leaves_its_trace(
    client: Any, changes: dict[str, Any], why: str
) -> None:
    payment = PaymentFactory()
    assert post(client, message(payment, **changes)) == 403
    assert state_of(payment) == (PaymentState.REQUESTED, ReturnStatus.SUBMITTED)
    assert refusals() == [why]
    assert TreasuryMessage.objects.count() == 0


def test_a_forged_message_is_refused_and_a_flood_is_written_down_in_part(client: Any) -> None:
    payment = PaymentFactory()
    forged = {**message(payment), "signature": "0" * 64}
    assert [post(client, forged) for _ in range(35)] == [403] * 35
    assert refusals() == ["signature"] * 30
    assert state_of(payment) == (PaymentState.REQUESTED, ReturnStatus.SUBMITTED)


def test_a_number_that_was_used_for_something_else_is_refused(client: Any) -> None:
    first, second = PaymentFactory(), PaymentFactory()
    assert post(client, message(first, message_id="m-1")) == 204
    assert post(client, message(second, message_id="m-1")) == 403
    assert post(client, message(first, "failed", message_id="m-1")) == 403
    assert state_of(second)[0] == PaymentState.REQUESTED
    assert refusals() == ["number_reused"] * 2


@pytest.mark.parametrize("body", ["nonsense", "[]", "{}", '{"raw": 1}'])
def test_what_is_no_message_is_refused(client: Any, body: str) -> None:
    assert client.post(URL, body, content_type="application/json").status_code == 400
    assert client.get(URL).status_code == 405


def test_a_long_body_is_not_read(client: Any) -> None:
    assert client.post(URL, "x" * (64 * 1024 + 1), content_type="application/json").status_code == 413


def test_a_pending_message_settles_nothing(client: Any) -> None:
    payment = PaymentFactory()
    assert post(client, message(payment, "pending")) == 204
    assert state_of(payment) == (PaymentState.REQUESTED, ReturnStatus.SUBMITTED)


def test_an_order_of_unknown_outcome_is_settled_by_the_message(client: Any) -> None:
    payment = PaymentFactory(state=PaymentState.UNKNOWN)
    assert post(client, message(payment, "failed")) == 204
    assert state_of(payment) == (PaymentState.FAILED, ReturnStatus.SUBMITTED)


def test_a_partial_payment_leaves_the_rest_to_be_paid(client: Any) -> None:
    payment = PaymentFactory()
    assert post(client, message(payment, "partial", amount="200.00")) == 204
    assert state_of(payment) == (PaymentState.PARTIAL, ReturnStatus.SUBMITTED)
    owing = TaxReturn.objects.get(pk=payment.tax_return_id)
    assert not selectors.is_settled(owing)
    payer = MembershipFactory(taxpayer=owing.taxpayer, role="finance").user
    rest = services.pay_return(actor=payer, tax_return=owing, key="rest")
    assert rest.amount == Decimal("300.00")
    assert post(client, message(rest)) == 204
    assert state_of(rest) == (PaymentState.RECEIVED, ReturnStatus.PAID)
    assert selectors.received_tax(owing) == Decimal("500.00")


def test_tax_that_was_given_back_is_owed_again(client: Any) -> None:
    payment = PaymentFactory()
    assert post(client, message(payment)) == 204
    assert post(client, message(payment, "refunded")) == 204
    assert state_of(payment) == (PaymentState.REFUNDED, ReturnStatus.SUBMITTED)
    owing = TaxReturn.objects.get(pk=payment.tax_return_id)
    assert selectors.dues_of(owing).total == Decimal("500.00")
    assert Notice.objects.filter(recipient=owing.taxpayer, title__contains="退回").count() == 1


def test_tax_given_back_for_a_corrected_return_is_owed_on_its_correction(client: Any) -> None:
    payment = PaymentFactory(received=True)
    old = payment.tax_return
    TaxReturn.objects.filter(pk=old.pk).update(status=ReturnStatus.CORRECTED)
    correction = TaxReturnFactory(
        taxpayer=old.taxpayer, paid=True, tax_due=Decimal("600.00"), corrects=old, correction_reason="漏报收入",
        paid_before=Decimal("500.00"),
    )  # fmt: skip
    assert post(client, message(payment, "refunded")) == 204
    correction.refresh_from_db()
    assert (correction.status, correction.owed_amount) == (ReturnStatus.SUBMITTED, Decimal("600.00"))
    assert not selectors.is_settled(correction)


def test_a_contradiction_is_kept_and_told_and_moves_nothing(client: Any) -> None:
    payment = PaymentFactory()
    assert post(client, message(payment, "failed")) == 204
    assert post(client, message(payment, "received")) == 204
    assert state_of(payment) == (PaymentState.FAILED, ReturnStatus.SUBMITTED)
    assert AuditEvent.objects.filter(action="filing.payment_contradicted").count() == 1
    assert payment.answers.count() == 2


def test_the_database_keeps_messages_as_they_are_and_sums_that_fit() -> None:
    payment = PaymentFactory(received=True)
    TreasuryMessage.objects.create(number="m-1", payment=payment, digest="0", sent_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        TreasuryMessage.objects.update(number="m-2")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(received_amount=Decimal(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(late_fee=Decimal(10_000))


@pytest.mark.parametrize(("state", "known"), [("received", "已入库"), ("partial", "部分入库"), ("failed", "缴款失败")])
def test_the_demo_treasury_sends_its_message_by_command(state: str, known: str) -> None:
    payment, said = PaymentFactory(), StringIO()
    call_command("treasury_message", payment.key, state=state, stdout=said)
    assert known in said.getvalue()
    assert state_of(payment)[0] == state
    call_command("treasury_message", stdout=said)
    assert payment.key in said.getvalue()


def test_the_command_refuses_an_order_that_is_not_there_and_another_treasury(settings: Any) -> None:
    with pytest.raises(CommandError, match="no order"):
        call_command("treasury_message", "nobody")
    settings.TREASURY_GATEWAY = "filing.gateway.http.HttpTreasury"
    with pytest.raises(CommandError, match="only the demo"):
        call_command("treasury_message", PaymentFactory().key)
