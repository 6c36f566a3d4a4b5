"""The surcharge for paying late (滞纳金): by days, of the tax that is late, and part of what is ordered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from filing import selectors, services
from filing.choices import PaymentState, ReturnStatus
from filing.models import Payment, PolicyRule, TaxReturn
from filing.rules.late_fee import LateFeeLaw, LawSpan, days_late, late_fee
from tests.factories.accounts import MembershipFactory
from tests.factories.filing import TaxReturnFactory
from tests.harness.clients import HallClient

DUE = date(2026, 11, 16)
RATE, WAIVED = LawSpan(Decimal("0.0005"), date(2001, 5, 1)), LawSpan(Decimal(1), date(2012, 8, 1))
LAW = LateFeeLaw((RATE,), (WAIVED,))


@pytest.mark.parametrize(
    ("day", "days"),
    [(date(2026, 11, 1), 0), (date(2026, 11, 16), 0), (date(2026, 11, 17), 1), (date(2026, 12, 16), 30)],
)
def test_the_day_after_the_deadline_is_the_first(day: date, days: int) -> None:
    assert days_late(date(2026, 11, 16), day) == days
    assert days_late(None, day) == 0


@pytest.mark.parametrize(
    ("tax", "days", "fee"),
    [
        ("10000.00", 1, "5.00"), ("10000.00", 30, "150.00"), ("12345.67", 7, "43.21"), ("2000.00", 1, "0.00"),
        ("2020.00", 1, "1.01"), ("-500.00", 30, "0.00"), ("10000.00", 0, "0.00"),
    ],
)  # fmt: skip
def test_five_parts_of_ten_thousand_a_day_and_no_trifles(tax: str, days: int, fee: str) -> None:
    assert late_fee(Decimal(tax), DUE, days, LAW) == Decimal(fee)
    assert late_fee(Decimal(tax), None, days, LAW) == 0


def test_a_new_rate_is_for_its_own_days_and_a_new_limit_for_the_day_of_paying() -> None:
    old, new = LawSpan(RATE.value, RATE.first, date(2026, 11, 18)), LawSpan(Decimal("0.001"), date(2026, 11, 19))
    limits = LawSpan(Decimal(1), WAIVED.first, date(2026, 11, 20)), LawSpan(Decimal(100), date(2026, 11, 21))
    law = LateFeeLaw((old, new), limits)
    found = [late_fee(Decimal("10000.00"), DUE, days, law) for days in (2, 3, 4, 5, 20)]
    # The 17th and 18th by the old rate, then the new one; 40.00 of the 21st is a trifle by the new limit.
    assert found == [Decimal("10.00"), Decimal("20.00"), Decimal("30.00"), 0, Decimal("190.00")]


def test_days_without_a_rate_cost_nothing() -> None:
    law = LateFeeLaw((LawSpan(Decimal("0.001"), date(2026, 11, 19)),), ())
    assert late_fee(Decimal("10000.00"), DUE, 3, law) == Decimal("10.00")


@pytest.fixture
def owing(db: None) -> TaxReturn:
    """Return a filed return that owes 10 000, payable until the 16th of November."""
    return TaxReturnFactory(owing=True, tax_due=Decimal("10000.00"))


def order(owing: TaxReturn, key: str) -> Payment:
    """Order the payment of what is owed now."""
    payer = MembershipFactory(taxpayer=owing.taxpayer, role="finance").user
    return services.pay_return(actor=payer, tax_return=owing, key=key)


def test_who_pays_on_the_last_day_pays_the_tax_alone(owing: TaxReturn, freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-16 23:59")
    assert order(owing, "k-1").amount == Decimal("10000.00")


def test_the_surcharge_is_part_of_the_order_and_no_tax(owing: TaxReturn, freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-26 09:00")
    payment = order(owing, "k-1")
    assert (payment.amount, payment.late_fee, payment.late_days) == (Decimal("10050.00"), Decimal("50.00"), 10)
    services.perform_payment(payment_id=str(payment.pk))
    payment.refresh_from_db()
    owing.refresh_from_db()
    assert (payment.received_tax, payment.received_fee) == (Decimal("10000.00"), Decimal("50.00"))
    assert (payment.state, owing.status) == (PaymentState.RECEIVED, ReturnStatus.PAID)


def shown(tax_return: TaxReturn, page: str) -> str:
    """Return a page of filing as the finance head reads it."""
    hall = HallClient().enter_as(MembershipFactory(taxpayer=tax_return.taxpayer, role="finance"))
    args = [] if page == "return-list" else [tax_return.pk]
    return str(hall.get(reverse(f"filing:{page}", args=args)).content.decode())


@pytest.fixture
def filed(
    sell: Callable[..., object], file_return: Callable[[], TaxReturn], freeze: Callable[[str], datetime]
) -> TaxReturn:
    """Return a return of October, filed in its season, that owes tax."""
    freeze("2026-11-05 10:00")
    sell("1000000.00", special=True)
    return file_return()


def test_every_page_of_a_return_paid_late_names_the_surcharge(
    filed: TaxReturn, freeze: Callable[[str], datetime]
) -> None:
    freeze("2026-11-26 09:00")
    payment = order(filed, "k-1")
    services.perform_payment(payment_id=str(payment.pk))
    fee = f"{payment.late_fee:,.2f}"
    assert payment.late_fee > 0
    for page in ("return-list", "return-detail"):
        assert f"税款和滞纳金 {fee} 元已入库" in shown(filed, page)
    assert "已缴滞纳金" in shown(filed, "return-detail")
    assert f"其中税款 {payment.tax_amount:,.2f} 元、滞纳金 {fee} 元" in shown(filed, "return-pay")


def test_a_return_paid_in_time_speaks_of_no_surcharge(filed: TaxReturn) -> None:
    services.perform_payment(payment_id=str(order(filed, "k-1").pk))
    for page in ("return-list", "return-detail", "return-pay"):
        assert "滞纳金" not in shown(filed, page)


def test_what_a_part_left_is_asked_for_with_its_surcharge(owing: TaxReturn, freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-26 09:00")
    first = order(owing, "k-1")
    Payment.objects.filter(pk=first.pk).update(
        state=PaymentState.PARTIAL, received_amount=Decimal("4000.00"), received_tax=Decimal("4000.00"),
        received_at=first.created_at, signature="00", treasury_reference="R",
    )  # fmt: skip
    freeze("2026-12-06 09:00")
    dues = selectors.dues_of(owing)
    # 4 000 were ten days late and bear 20.00; 6 000 are twenty days late and bear 60.00.
    assert (dues.tax, dues.late_fee, dues.days) == (Decimal("6000.00"), Decimal("80.00"), 20)
    assert order(owing, "k-2").amount == Decimal("6080.00")


def test_what_was_paid_late_is_not_charged_again_by_a_later_rate(
    owing: TaxReturn, freeze: Callable[[str], datetime]
) -> None:
    freeze("2026-11-18 09:00")
    payment = order(owing, "k-1")
    Payment.objects.filter(pk=payment.pk).update(
        state=PaymentState.RECEIVED,
        received_amount=payment.amount,
        received_tax=Decimal("10000.00"),
        received_at=payment.created_at,
        signature="00",
        treasury_reference="R",
    )
    rule = PolicyRule.objects.get(code="late_fee.rate")
    PolicyRule.objects.filter(pk=rule.pk).update(valid_to=date(2026, 11, 30))
    PolicyRule.objects.create(
        code=rule.code, key=rule.key, value=Decimal("0.005"), valid_from=date(2026, 12, 1), basis="试验"
    )
    assert selectors.dues_of(owing, today=date(2026, 12, 20)).total == 0
