"""Correcting a filed return (更正申报): the old one stands until the new one is filed, and what was paid counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Notice, Taxpayer, User
from filing import presentation, selectors, services
from filing.choices import ReturnStatus, RunOutcome
from filing.models import TaxReturn
from filing.reports import returns
from filing.rules.computation import Entry
from filing.rules.definition import CellKey
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def pay(actor: User, filed: TaxReturn) -> None:
    """Pay through the demo treasury."""
    payment = services.pay_return(actor=actor, tax_return=filed, key=f"pay-{filed.pk}")
    services.perform_payment(payment_id=str(payment.pk))


def submit(actor: User, draft: TaxReturn) -> TaxReturn:
    """File a draft as it stands."""
    digest = selectors.current_sheet(draft).digest
    return services.submit_return(actor=actor, tax_return=draft, key=str(draft.submit_key), digest=digest)


def test_a_correction_takes_the_place_of_the_old_return_and_owes_only_what_it_adds(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    old = file_return()
    pay(clerk, old)  # 10.00 and 0.35
    sell("2000.00", special=True)
    draft = services.correct_return(actor=clerk, tax_return=old, reason="漏报一张专票")
    assert selectors.find_return(taxpayer=taxpayer, period=OCTOBER) == old
    new = submit(clerk, draft)
    old.refresh_from_db()
    assert (old.status, selectors.find_return(taxpayer=taxpayer, period=OCTOBER)) == (ReturnStatus.CORRECTED, new)
    assert (new.tax_due, new.paid_before, new.owed_amount) == (Decimal("31.05"), Decimal("10.35"), Decimal("20.70"))
    pay(clerk, new)
    assert new.payments.get().amount == Decimal("20.70")
    run = services.compare_period(actor=None, taxpayer=taxpayer, month=OCTOBER)
    assert run.outcome == RunOutcome.AGREED
    assert run.results.get(rule_code="S1").measured == Decimal("31.05")


def test_what_was_entered_is_taken_over(taxpayer: Taxpayer, clerk: User, sell: Callable[..., object]) -> None:
    sell("1000.00")
    draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    saved = services.save_return(
        actor=clerk, tax_return=draft, version=1, entries={CellKey("sales", "8", "services"): Entry(Decimal("500"))}
    )
    correction = services.correct_return(actor=clerk, tax_return=submit(clerk, saved), reason="未开票少报")
    assert selectors.current_sheet(correction).amount("sales", "8", "services") == Decimal("500.00")


def test_beginning_twice_is_one_correction(clerk: User, file_return: Callable[[], TaxReturn]) -> None:
    old = file_return()
    first = services.correct_return(actor=clerk, tax_return=old, reason="一")
    assert services.correct_return(actor=clerk, tax_return=old, reason="二") == first


def test_a_correction_can_be_corrected_again(clerk: User, file_return: Callable[[], TaxReturn]) -> None:
    old = file_return()
    second = submit(clerk, services.correct_return(actor=clerk, tax_return=old, reason="一"))
    third = submit(clerk, services.correct_return(actor=clerk, tax_return=second, reason="二"))
    assert selectors.find_return(taxpayer=third.taxpayer, period=OCTOBER) == third
    with pytest.raises(ConflictError) as caught:
        services.correct_return(actor=clerk, tax_return=old, reason="三")
    assert caught.value.code == "filing.correction_not_possible"


def test_a_correction_is_not_voided(clerk: User, file_return: Callable[[], TaxReturn]) -> None:
    new = submit(clerk, services.correct_return(actor=clerk, tax_return=file_return(), reason="一"))
    with pytest.raises(ConflictError):
        services.void_return(actor=clerk, tax_return=new, reason="试试")


def test_while_a_payment_is_in_doubt_nothing_is_corrected(
    clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    old = file_return()
    services.pay_return(actor=clerk, tax_return=old, key="under-way")
    with pytest.raises(ConflictError):
        services.correct_return(actor=clerk, tax_return=old, reason="少报")


def test_a_reason_is_wanted_and_an_outsider_is_refused(clerk: User, file_return: Callable[[], TaxReturn]) -> None:
    old = file_return()
    with pytest.raises(InvalidInputError):
        services.correct_return(actor=clerk, tax_return=old, reason="  ")
    with pytest.raises(NotPermittedError):
        services.correct_return(actor=MembershipFactory(legal=True).user, tax_return=old, reason="少报")


def test_what_was_paid_before_a_correction_counts_as_paid_in_the_next_return(
    sell_general: Callable[..., tuple[User, Taxpayer]], freeze: Callable[[str], object]
) -> None:
    clerk, general = sell_general("1000.00", "13")
    draft = services.start_return(actor=clerk, taxpayer=general, period=OCTOBER)
    entries = {CellKey("output", "1", "5"): Entry(Decimal("500"))}
    old = submit(clerk, services.save_return(actor=clerk, tax_return=draft, version=1, entries=entries))
    pay(clerk, old)  # VAT 195.00 of it
    correction = services.correct_return(actor=clerk, tax_return=old, reason="未开票收入多报")
    entries = {CellKey("output", "1", "5"): Entry(None)}
    saved = services.save_return(actor=clerk, tax_return=correction, version=correction.version, entries=entries)
    assert submit(clerk, saved).payments.count() == 0  # it owes less than was paid
    freeze("2026-12-03")
    november = services.start_return(actor=clerk, taxpayer=general, period=TaxPeriod.month(2026, 11))
    sheet = selectors.current_sheet(november)
    assert sheet.amount("main", "25", "general") == Decimal("130.00")
    assert sheet.amount("main", "30", "general") == Decimal("195.00")
    assert sheet.amount("main", "32", "general") == Decimal("-65.00")  # 多缴为负数


def test_a_correction_that_owes_less_than_was_paid_says_what_was_paid_too_much_and_when(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object]
) -> None:
    sell("1000.00", special=True)
    draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    entries = {CellKey("sales", "8", "goods"): Entry(Decimal("200000"))}
    old = submit(clerk, services.save_return(actor=clerk, tax_return=draft, version=1, entries=entries))
    pay(clerk, old)
    correction = services.correct_return(actor=clerk, tax_return=old, reason="未开票收入多报")
    entries = {CellKey("sales", "8", "goods"): Entry(None)}
    new = submit(
        clerk, services.save_return(actor=clerk, tax_return=correction, version=correction.version, entries=entries)
    )
    overpaid = old.tax_due - new.tax_due
    assert overpaid > 0
    assert selectors.overpaid_tax(new) == overpaid
    words = presentation.return_words(new)
    assert words.sentence == f"申报已受理，更正前多缴 {overpaid:,.2f} 元，本期无需再缴。"
    assert "申请退还" in words.next_step
    assert f"更正前多缴 {overpaid:,.2f} 元" in Notice.objects.get(dedupe_key=f"filing:{new.pk}:accepted").body
    (row,) = returns.table(Taxpayer.objects.all(), OCTOBER).rows
    assert row[-2] == date(2026, 11, 5)  # paid with the return that it corrects


def test_a_correction_is_not_filed_once_the_return_it_corrects_was_voided(
    clerk: User, file_return: Callable[[], TaxReturn]
) -> None:
    old = file_return()
    draft = services.correct_return(actor=clerk, tax_return=old, reason="漏报收入")
    services.void_return(actor=clerk, tax_return=old, reason="重新申报")
    with pytest.raises(ConflictError, match="已作废或已被更正"):
        submit(clerk, draft)
    draft.refresh_from_db()
    assert draft.is_draft
    assert services.start_return(actor=clerk, taxpayer=old.taxpayer, period=OCTOBER) not in (old, draft)


def test_a_correction_is_not_filed_while_the_treasury_has_not_answered_for_the_old_return(
    clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    old = file_return()
    draft = services.correct_return(actor=clerk, tax_return=old, reason="漏报收入")
    payment = services.pay_return(actor=clerk, tax_return=old, key="pay-old")
    with pytest.raises(ConflictError, match="还没有得到国库答复"):
        submit(clerk, draft)
    services.perform_payment(payment_id=str(payment.pk))
    assert submit(clerk, draft).paid_before == payment.amount
