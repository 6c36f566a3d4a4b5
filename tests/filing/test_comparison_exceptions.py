"""A blocking comparison at the exception post (申报异常处理岗)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import AuditEvent, StaffNotice, Taxpayer, User
from filing import selectors, services
from filing.choices import ExceptionState, RunOutcome
from filing.errors import ExceptionNotPossibleError
from filing.models import ComparisonException, ComparisonRun, TaxReturn
from filing.rules.comparison import RULES
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerPostFactory, UserFactory
from tests.filing.conftest import OCTOBER
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def officer(taxpayer: Taxpayer) -> User:
    """Return who holds the exception post of the taxpayer's bureau."""
    return OfficerPostFactory(exception=True, bureau=taxpayer.bureau).user


@pytest.fixture
def blocked(taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]) -> ComparisonRun:
    """Return a comparison that fails by an invoice of 88.00 issued after filing."""
    sell("1000.00")
    file_return()
    sell("88.00")
    return services.compare_period(actor=None, taxpayer=taxpayer, month=OCTOBER)


@pytest.fixture
def handed_over(clerk: User, blocked: ComparisonRun) -> ComparisonException:
    """Return that comparison at the exception post."""
    return services.hand_over_comparison(actor=clerk, run=blocked, explanation="已在上期按未开票申报")


def compare(taxpayer: Taxpayer) -> ComparisonRun:
    """Compare as the hall does."""
    return services.compare_period(actor=None, taxpayer=taxpayer, month=OCTOBER)


def test_handing_over_keeps_what_differed_and_sets_a_day(handed_over: ComparisonException) -> None:
    assert handed_over.differences == {"X2": "88.00"}
    assert handed_over.due_on == date(2026, 11, 12)
    assert AuditEvent.objects.filter(action="filing.comparison_handed_over").count() == 1


def test_the_exception_post_of_another_district_lifts_nothing_here(
    taxpayer: Taxpayer, handed_over: ComparisonException
) -> None:
    # An auditor of this district who holds the exception post elsewhere.
    post = OfficerPostFactory(auditor=True, bureau=taxpayer.bureau)
    OfficerPostFactory(user=post.user, exception=True, bureau=BureauFactory(xincheng=True))
    with pytest.raises(NotPermittedError):
        services.decide_exception(actor=post.user, exception=handed_over, is_lifted=True, decision="同意解除")


def test_handing_over_twice_is_one_case(clerk: User, handed_over: ComparisonException) -> None:
    again = services.hand_over_comparison(actor=clerk, run=handed_over.run, explanation="再说一次")
    assert again == handed_over


def test_while_it_is_open_no_correction_begins(clerk: User, handed_over: ComparisonException) -> None:
    filed = selectors.find_return(taxpayer=handed_over.taxpayer, period=OCTOBER)
    assert filed is not None
    with pytest.raises(ConflictError, match="异常转办处理中"):
        services.correct_return(actor=clerk, tax_return=filed, reason="少报")


def test_lifting_lets_the_disk_be_cleared_and_keeps_the_difference(
    taxpayer: Taxpayer, officer: User, handed_over: ComparisonException
) -> None:
    services.decide_exception(actor=officer, exception=handed_over, is_lifted=True, decision="核实无误")
    run = selectors.latest_comparison(taxpayer=taxpayer, period=OCTOBER)
    assert run is not None
    assert (run.outcome, run.is_blocking) == (RunOutcome.DIFFERS, False)
    kept = run.results.get(rule_code="X2")
    assert (kept.outcome, kept.difference, kept.waived) == ("fail", Decimal("88.00"), "异常已解除：核实无误")


def test_a_difference_that_grew_since_blocks_again(
    taxpayer: Taxpayer, officer: User, handed_over: ComparisonException, sell: Callable[..., object]
) -> None:
    services.decide_exception(actor=officer, exception=handed_over, is_lifted=True, decision="核实无误")
    sell("1.00")
    assert compare(taxpayer).is_blocking


def test_refusing_leaves_it_blocked(taxpayer: Taxpayer, officer: User, handed_over: ComparisonException) -> None:
    refused = services.decide_exception(actor=officer, exception=handed_over, is_lifted=False, decision="应更正申报")
    assert refused.state == ExceptionState.REFUSED
    assert compare(taxpayer).is_blocking


def test_a_decision_is_made_once_with_its_reason(officer: User, handed_over: ComparisonException) -> None:
    with pytest.raises(InvalidInputError):
        services.decide_exception(actor=officer, exception=handed_over, is_lifted=True, decision=" ")
    services.decide_exception(actor=officer, exception=handed_over, is_lifted=True, decision="核实无误")
    with pytest.raises(ExceptionNotPossibleError):
        services.decide_exception(actor=officer, exception=handed_over, is_lifted=False, decision="改主意")
    with pytest.raises(IntegrityError), transaction.atomic():
        ComparisonException.objects.filter(pk=handed_over.pk).update(state=ExceptionState.OPEN)


@pytest.mark.parametrize("post", [{"exception": True}, {"approver": True}])
def test_another_district_or_post_decides_nothing(handed_over: ComparisonException, post: dict[str, Any]) -> None:
    bureau = {} if "exception" in post else {"bureau": handed_over.taxpayer.bureau}
    if not bureau:
        post = {**post, "bureau__xincheng": True}
    stranger = OfficerPostFactory(**post, **bureau).user
    with pytest.raises(NotPermittedError):
        services.decide_exception(actor=stranger, exception=handed_over, is_lifted=True, decision="核实无误")


def test_unpaid_tax_is_not_for_the_post(
    clerk: User, taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    file_return()
    run = compare(taxpayer)
    with pytest.raises(ExceptionNotPossibleError, match="S1 不符，须先处理并重新比对，才能转办。本次没有提交转办"):
        services.hand_over_comparison(actor=clerk, run=run, explanation="请解除")
    hall = HallClient().enter_as(clerk.memberships.get())
    page = hall.get(f"/filing/comparisons/{run.pk}/").content.decode()
    assert "现在还不能转办：S1 不符" in page
    assert "提交转办" not in page


def test_an_older_comparison_and_an_outsider_are_refused(
    clerk: User, taxpayer: Taxpayer, blocked: ComparisonRun
) -> None:
    with pytest.raises(NotPermittedError):
        services.hand_over_comparison(actor=MembershipFactory(role="finance").user, run=blocked, explanation="x")
    compare(taxpayer)
    with pytest.raises(ExceptionNotPossibleError):
        services.hand_over_comparison(actor=clerk, run=blocked, explanation="请解除")


def test_those_who_may_decide_are_told_once_and_their_desk_leads_to_the_open_ones(
    clerk: User, taxpayer: Taxpayer, officer: User, blocked: ComparisonRun
) -> None:
    city = OfficerPostFactory(exception=True, bureau=BureauFactory(city=True)).user
    OfficerPostFactory(exception=True, bureau=BureauFactory(xincheng=True))
    reviewer = OfficerPostFactory(bureau=taxpayer.bureau).user
    # Holds the post, and has a role in the company: nothing for this officer to read.
    own = OfficerPostFactory(exception=True, bureau=taxpayer.bureau).user
    MembershipFactory(user=UserFactory(person=own.person), taxpayer=taxpayer)
    for words in ("按未开票申报过", "再说一次"):
        row = services.hand_over_comparison(actor=clerk, run=blocked, explanation=words)
    told = StaffNotice.objects.filter(kind="exception_asked")
    assert {each.recipient for each in told} == {officer, city}
    assert told.count() == 2
    page = reverse("admin:filing_comparisonexception_change", args=[row.pk])
    assert {each.link for each in told} == {page}
    desk = enter(officer).get(reverse("admin:index")).context["other_work"]
    assert [each["count"] for each in desk] == [0, 1]
    assert page in enter(officer).get(desk[1]["url"]).content.decode()
    assert len(enter(reviewer).get(reverse("admin:index")).context["other_work"]) == 1


def test_the_page_says_what_differs_in_words_and_decides(
    taxpayer: Taxpayer, officer: User, handed_over: ComparisonException
) -> None:
    page = reverse("admin:filing_comparisonexception_change", args=[handed_over.pk])
    hall = enter(officer)
    words = hall.get(page).content.decode()
    title = next(rule.title for rule in RULES if rule.code == "X2")
    for each in (f"X2 {title}：相差 88.00 元", f"{taxpayer.name} {OCTOBER.label} 处理中"):
        assert each in words
    for each in ("{&quot;", "只供查询"):
        assert each not in words
    reviewer = OfficerPostFactory(bureau=taxpayer.bureau).user
    assert "您可以查看，不能处理" in enter(reviewer).get(page).content.decode()
    assert hall.post(page, {"state": "lifted", "decision": "核实无误"}).status_code == 302
    handed_over.refresh_from_db()
    assert (handed_over.state, handed_over.decided_by) == (ExceptionState.LIFTED, officer)
    assert "已经处理" in hall.get(page).content.decode()


def enter(officer: User) -> HallClient:
    """Sign an officer in."""
    return HallClient().enter_as_officer(officer)
