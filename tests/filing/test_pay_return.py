"""Paying a return: nothing counts before the treasury's signed answer, nothing is paid twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from filing import selectors, services, signals
from filing.choices import PaymentState, ReturnStatus
from filing.errors import PaymentAnswerError, PaymentNotPossibleError
from filing.gateway import demo
from filing.gateway.base import PaymentOrder, TreasuryAnswer, TreasuryError, TreasurySignatureError, canonical
from filing.models import Payment, PaymentAnswer, TaxReturn
from taxhall.common.errors import NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.factories.filing import PaymentFactory, TaxReturnFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def signed(order: PaymentOrder, state: str = "received", amount: Decimal | None = None) -> TreasuryAnswer:
    """Return an answer that the demo treasury really signed."""
    raw = canonical(
        {
            "key": order.key, "state": state, "amount": str(amount or order.amount), "reference": "REF1",
            "message": "", "answered_at": "2026-11-05T10:00:00+08:00",
        }
    )  # fmt: skip
    return demo.DemoTreasury().verify(raw, demo._sign(raw))


@dataclass
class ScriptedTreasury:
    """A treasury with a memory: it takes each key once and counts what it took."""

    is_demo: ClassVar[bool] = True
    pays: list[Any] = field(default_factory=list)
    queries: list[Any] = field(default_factory=list)
    taken: dict[str, Decimal] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def pay(self, order: PaymentOrder) -> TreasuryAnswer:
        """Follow the script of pay calls."""
        self.asked.append("pay")
        step = self.pays.pop(0) if self.pays else "received"
        if step == "unreachable":
            raise TreasuryError("refused", sent=False)
        self.taken.setdefault(order.key, order.amount)
        if step == "silent":
            raise TreasuryError("timeout", sent=True)
        if step == "forged":
            raise TreasurySignatureError("not signed")
        return signed(order, step)

    def query(self, order: PaymentOrder) -> TreasuryAnswer:
        """Follow the script of questions; without one, tell the truth."""
        self.asked.append("query")
        if self.queries and self.queries.pop(0) == "silent":
            raise TreasuryError("timeout", sent=True)
        return signed(order, "received" if order.key in self.taken else "absent")

    def verify(self, raw: str, signature: str) -> TreasuryAnswer:
        """Verify as the demo treasury does."""
        return demo.DemoTreasury().verify(raw, signature)


@pytest.fixture
def treasury(monkeypatch: pytest.MonkeyPatch) -> ScriptedTreasury:
    """Put a scripted treasury in the place of the demo one."""
    scripted = ScriptedTreasury()
    monkeypatch.setattr("filing.services.payments.treasury", lambda: scripted)
    return scripted


@pytest.fixture
def owing() -> TaxReturn:
    """Return a filed return that owes 500."""
    return TaxReturnFactory(owing=True)


@pytest.fixture
def payer(owing: TaxReturn) -> User:
    """Return the company's finance head."""
    return MembershipFactory(taxpayer=owing.taxpayer, role="finance").user


def later(payment: Payment) -> None:
    """Run the order again once its pause is over."""
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        services.perform_payment(payment_id=str(payment.pk))


def test_a_payment_is_received_when_the_signed_answer_says_so(
    owing: TaxReturn, payer: User, treasury: ScriptedTreasury
) -> None:
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    assert payment.state == PaymentState.REQUESTED
    assert not selectors.is_settled(owing)
    services.perform_payment(payment_id=str(payment.pk))
    payment.refresh_from_db()
    owing.refresh_from_db()
    assert (payment.state, payment.treasury_reference) == (PaymentState.RECEIVED, "REF1")
    assert owing.status == ReturnStatus.PAID
    assert selectors.is_settled(owing)
    assert PaymentAnswer.objects.get(payment=payment).signature == payment.signature
    assert AuditEvent.objects.filter(action="filing.payment_received").count() == 1


def test_the_order_is_rung_for_after_commit(owing: TaxReturn, payer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr("taxhall.common.doorbell.ring_on_commit", lambda task, *ids: rung.append((task.name, ids)))
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    assert rung == [("filing.pay_return", (payment.pk,))]


def test_a_double_click_and_a_second_tab_make_one_order(owing: TaxReturn, payer: User) -> None:
    first = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    assert services.pay_return(actor=payer, tax_return=owing, key="k-1") == first
    assert services.pay_return(actor=payer, tax_return=owing, key="k-2") == first
    assert Payment.objects.count() == 1


def test_running_the_order_twice_pays_once(owing: TaxReturn, payer: User, treasury: ScriptedTreasury) -> None:
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    services.perform_payment(payment_id=str(payment.pk))
    later(payment)
    assert treasury.asked == ["pay"]


def test_no_answer_leaves_the_payment_unknown_and_it_is_asked_never_paid_again(
    owing: TaxReturn, payer: User, treasury: ScriptedTreasury
) -> None:
    treasury.pays = ["silent"]
    treasury.queries = ["silent"]
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    services.perform_payment(payment_id=str(payment.pk))
    payment.refresh_from_db()
    assert payment.state == PaymentState.UNKNOWN
    assert not selectors.is_settled(owing)
    later(payment)
    later(payment)
    payment.refresh_from_db()
    assert payment.state == PaymentState.RECEIVED
    assert treasury.asked == ["pay", "query", "query"]
    assert treasury.taken == {"k-1": Decimal("500.00")}


def test_a_worker_that_died_after_claiming_asks_before_it_pays(
    owing: TaxReturn, payer: User, treasury: ScriptedTreasury
) -> None:
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    Payment.objects.update(attempts=1, lease_until=timezone.now() - timedelta(seconds=1))
    services.perform_payment(payment_id=str(payment.pk))
    payment.refresh_from_db()
    # The treasury signed that it never saw the key, so handing it in was right.
    assert treasury.asked == ["query", "pay"]
    assert payment.state == PaymentState.RECEIVED


def test_an_order_another_worker_holds_is_left_alone(owing: TaxReturn, payer: User, treasury: ScriptedTreasury) -> None:
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    Payment.objects.update(lease_until=timezone.now() + timedelta(seconds=30))
    services.perform_payment(payment_id=str(payment.pk))
    assert treasury.asked == []


def test_a_treasury_that_cannot_be_reached_is_tried_again_as_new(
    owing: TaxReturn, payer: User, treasury: ScriptedTreasury
) -> None:
    treasury.pays = ["unreachable"]
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    services.perform_payment(payment_id=str(payment.pk))
    payment.refresh_from_db()
    assert payment.state == PaymentState.REQUESTED
    later(payment)
    payment.refresh_from_db()
    assert treasury.asked == ["pay", "pay"]
    assert payment.state == PaymentState.RECEIVED


def test_a_forged_answer_counts_for_nothing(owing: TaxReturn, payer: User, treasury: ScriptedTreasury) -> None:
    treasury.pays = ["forged"]
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    services.perform_payment(payment_id=str(payment.pk))
    payment.refresh_from_db()
    assert payment.state == PaymentState.UNKNOWN
    assert PaymentAnswer.objects.count() == 0


def test_a_failed_payment_may_be_tried_again_with_a_new_key(
    owing: TaxReturn, payer: User, treasury: ScriptedTreasury
) -> None:
    treasury.pays = ["failed"]
    first = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    services.perform_payment(payment_id=str(first.pk))
    first.refresh_from_db()
    assert first.state == PaymentState.FAILED
    second = services.pay_return(actor=payer, tax_return=owing, key="k-2")
    assert second != first
    services.perform_payment(payment_id=str(second.pk))
    owing.refresh_from_db()
    assert owing.status == ReturnStatus.PAID


def test_a_repeated_answer_changes_nothing(
    owing: TaxReturn, payer: User, django_capture_on_commit_callbacks: Any
) -> None:
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    answer = signed(PaymentOrder("k-1", "", Decimal("500.00"), ""))
    heard: list[TaxReturn] = []

    def listen(tax_return: TaxReturn, **_: object) -> None:
        heard.append(tax_return)

    signals.payment_received.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(10):
            services.record_payment(payment_id=str(payment.pk), answer=answer)
    signals.payment_received.disconnect(listen)
    assert heard == [owing]
    assert PaymentAnswer.objects.count() == 1
    assert AuditEvent.objects.filter(action="filing.payment_received").count() == 1


@pytest.mark.parametrize("amount", ["499.99", "500.01"])
def test_an_answer_about_another_amount_is_refused(owing: TaxReturn, payer: User, amount: str) -> None:
    payment = services.pay_return(actor=payer, tax_return=owing, key="k-1")
    answer = signed(PaymentOrder("k-1", "", Decimal("500.00"), ""), amount=Decimal(amount))
    with pytest.raises(PaymentAnswerError):
        services.record_payment(payment_id=str(payment.pk), answer=answer)


def test_a_zero_return_needs_no_payment() -> None:
    zero = TaxReturnFactory(submitted=True)
    assert selectors.is_settled(zero)
    actor = MembershipFactory(taxpayer=zero.taxpayer, role="finance").user
    with pytest.raises(PaymentNotPossibleError):
        services.pay_return(actor=actor, tax_return=zero, key="k-1")


def test_a_draft_cannot_be_paid() -> None:
    draft = TaxReturnFactory(tax_due=Decimal("5.00"))
    actor = MembershipFactory(taxpayer=draft.taxpayer, role="finance").user
    with pytest.raises(PaymentNotPossibleError):
        services.pay_return(actor=actor, tax_return=draft, key="k-1")


def test_issuer_and_outsider_may_not_pay(owing: TaxReturn) -> None:
    for actor in (MembershipFactory(taxpayer=owing.taxpayer, role="issuer").user, MembershipFactory(legal=True).user):
        with pytest.raises(NotPermittedError):
            services.pay_return(actor=actor, tax_return=owing, key="k-1")


def test_the_database_refuses_a_second_live_order_and_a_received_one_without_signature() -> None:
    payment = PaymentFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentFactory(tax_return=payment.tax_return)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(state=PaymentState.RECEIVED)
    received = PaymentFactory(received=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=received.pk).update(state=PaymentState.FAILED)


def test_the_sweeper_rings_for_orders_that_wait_and_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr("taxhall.common.doorbell.ring", lambda _task, pk: rung.append(pk))
    due = PaymentFactory()
    PaymentFactory(next_attempt_at=timezone.now() + timedelta(minutes=5))
    PaymentFactory(received=True)
    assert services.sweep_payments() == 1
    assert rung == [due.pk]


@pytest.mark.parametrize(
    ("amount", "first", "second"),
    [
        ("1044.00", "received", "received"), ("1044.01", "failed", "failed"), ("1044.02", "unknown", "unknown"),
        ("1044.03", "unknown", "received"), ("1044.04", "unknown", "unknown"), ("1044.05", "partial", "partial"),
        ("1044.06", "unknown", "unknown"),
    ],
)  # fmt: skip
def test_the_demo_treasury_plays_the_fault_its_amount_asks_for(amount: str, first: str, second: str) -> None:
    payment = PaymentFactory(tax_return__tax_due=Decimal(amount))
    services.perform_payment(payment_id=str(payment.pk))
    payment.refresh_from_db()
    assert payment.state == first
    later(payment)
    payment.refresh_from_db()
    assert payment.state == second
