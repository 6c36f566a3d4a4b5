"""The whitelist and measures about rules: one officer asks, another agrees, the comparison says which was applied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.choices import Post
from accounts.models import AuditEvent, Taxpayer, User
from filing import selectors, services
from filing.choices import MeasureKind, MeasureState, RunOutcome
from filing.errors import MeasureNotPossibleError
from filing.models import ComparisonRun, RuleMeasure, TaxReturn, WhitelistEntry
from taxhall.common.errors import InvalidInputError, NotPermittedError
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerPostFactory
from tests.filing.conftest import OCTOBER
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
USUAL: dict[str, Any] = {
    "rule_code": "X2",
    "valid_from": date(2026, 10, 1),
    "reason": "汇总开票",
    "source": "核准 1 号",
}
SPAN: dict[str, Any] = {**USUAL, "valid_from": date(2026, 11, 1), "valid_to": date(2026, 11, 30)}


@pytest.fixture
def officer(taxpayer: Taxpayer) -> User:
    """Return who holds the exception post of the taxpayer's bureau."""
    return OfficerPostFactory(exception=True, bureau=taxpayer.bureau).user


@pytest.fixture
def second(taxpayer: Taxpayer) -> User:
    """Return the head of post of the taxpayer's bureau."""
    return OfficerPostFactory(post=Post.HEAD, bureau=taxpayer.bureau).user


@pytest.fixture
def city() -> tuple[User, User]:
    """Return two officers of the city's own bureau."""
    bureau = BureauFactory(city=True)
    return OfficerPostFactory(exception=True, bureau=bureau).user, OfficerPostFactory(
        post=Post.HEAD, bureau=bureau
    ).user


@pytest.fixture
def blocked(taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]) -> ComparisonRun:
    """Return a comparison that fails by an invoice of 88.00 issued after filing."""
    sell("1000.00")
    file_return()
    sell("88.00")
    return compare(taxpayer)


def compare(taxpayer: Taxpayer) -> ComparisonRun:
    """Compare as the hall does."""
    return services.compare_period(actor=None, taxpayer=taxpayer, month=OCTOBER)


def latest(taxpayer: Taxpayer) -> ComparisonRun:
    """Return the comparison that stands."""
    found = selectors.latest_comparison(taxpayer=taxpayer, period=OCTOBER)
    assert found is not None
    return found


def asked(officer: User, taxpayer: Taxpayer, **changes: Any) -> WhitelistEntry:
    """Ask for an entry."""
    return services.ask_whitelist_entry(actor=officer, taxpayer=taxpayer, **{**USUAL, **changes})


def test_an_entry_takes_effect_with_the_second_officer_and_the_comparison_names_it(
    taxpayer: Taxpayer, officer: User, second: User, blocked: ComparisonRun
) -> None:
    entry = asked(officer, taxpayer)
    assert compare(taxpayer).is_blocking
    services.decide_measure(actor=second, measure=entry, is_agreed=True, decision="核实")
    run = latest(taxpayer)
    assert blocked.is_blocking
    assert (run.outcome, run.is_blocking) == (RunOutcome.DIFFERS, False)
    kept = run.results.get(rule_code="X2")
    assert (kept.whitelist_entry, kept.difference) == (entry, Decimal("88.00"))
    assert kept.waived == f"白名单（第 {entry.pk} 号）：汇总开票"


def test_an_entry_that_is_lifted_blocks_again_and_stays_as_history(
    taxpayer: Taxpayer, officer: User, second: User, blocked: ComparisonRun
) -> None:
    entry = asked(officer, taxpayer)
    services.decide_measure(actor=second, measure=entry, is_agreed=True)
    with pytest.raises(InvalidInputError):
        services.lift_measure(actor=officer, measure=entry, reason=" ")
    for _press in range(2):
        services.lift_measure(actor=officer, measure=entry, reason="情形消失")
    assert latest(taxpayer).is_blocking
    kept = WhitelistEntry.objects.get()
    assert (kept.state, kept.lifted_by, kept.lift_reason) == (MeasureState.LIFTED, officer, "情形消失")
    assert AuditEvent.objects.filter(action="filing.measure_lifted").count() == 1
    # The same may be asked for again.
    assert asked(officer, taxpayer).pk != entry.pk


def test_what_was_refused_changes_nothing(
    taxpayer: Taxpayer, officer: User, second: User, blocked: ComparisonRun
) -> None:
    entry = asked(officer, taxpayer)
    services.decide_measure(actor=second, measure=entry, is_agreed=False, decision="理由不足")
    services.decide_measure(actor=second, measure=entry, is_agreed=False, decision="理由不足")
    with pytest.raises(MeasureNotPossibleError):
        services.decide_measure(actor=second, measure=entry, is_agreed=True)
    with pytest.raises(MeasureNotPossibleError):
        services.lift_measure(actor=officer, measure=entry, reason="试验")
    assert compare(taxpayer).is_blocking


def test_nobody_agrees_to_what_they_asked_themselves(taxpayer: Taxpayer, officer: User) -> None:
    entry = asked(officer, taxpayer)
    twin = OfficerPostFactory(exception=True, bureau=taxpayer.bureau, user__person=officer.person).user
    for actor in (officer, twin) if officer.person_id else (officer,):
        with pytest.raises(NotPermittedError):
            services.decide_measure(actor=actor, measure=entry, is_agreed=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        WhitelistEntry.objects.update(state=MeasureState.AGREED, decided_by=officer, decided_at="2026-11-05T10:00Z")


@pytest.mark.parametrize("post", [{"exception": True, "bureau__xincheng": True}, {"auditor": True}, {"approver": True}])
def test_another_post_or_district_neither_asks_nor_agrees_nor_lifts(
    taxpayer: Taxpayer, officer: User, second: User, post: dict[str, Any]
) -> None:
    where = {} if "bureau__xincheng" in post else {"bureau": taxpayer.bureau}
    stranger = OfficerPostFactory(**post, **where).user
    entry = asked(officer, taxpayer)
    with pytest.raises(NotPermittedError):
        asked(stranger, taxpayer, rule_code="X1")
    with pytest.raises(NotPermittedError):
        services.decide_measure(actor=stranger, measure=entry, is_agreed=True)
    services.decide_measure(actor=second, measure=entry, is_agreed=True)
    with pytest.raises(NotPermittedError):
        services.lift_measure(actor=stranger, measure=entry, reason="试验")


def test_an_officer_decides_nothing_for_a_company_of_their_own(taxpayer: Taxpayer, officer: User, second: User) -> None:
    entry = asked(officer, taxpayer)
    MembershipFactory(taxpayer=taxpayer, role="finance", user=second)
    with pytest.raises(NotPermittedError):
        services.decide_measure(actor=second, measure=entry, is_agreed=True)


@pytest.mark.parametrize(
    "changes",
    [{"rule_code": "S1"}, {"rule_code": "ZZ"}, {"reason": ""}, {"source": " "}, {"valid_to": date(2026, 9, 1)}],
)
def test_an_entry_that_does_not_do_is_refused(taxpayer: Taxpayer, officer: User, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        asked(officer, taxpayer, **changes)


def test_the_same_entry_twice_is_refused_in_words(taxpayer: Taxpayer, officer: User) -> None:
    asked(officer, taxpayer)
    with pytest.raises(MeasureNotPossibleError, match="没有重复登记"):
        asked(officer, taxpayer)


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(("start", "end"), [(date(2026, 11, 1), None), (date(2026, 9, 1), date(2026, 10, 30))])
def test_an_entry_counts_within_its_dates_only(
    taxpayer: Taxpayer, officer: User, second: User, start: date, end: date | None
) -> None:
    entry = asked(officer, taxpayer, valid_from=start, valid_to=end)
    services.decide_measure(actor=second, measure=entry, is_agreed=True)
    assert compare(taxpayer).is_blocking


def test_a_rule_that_is_put_off_is_not_compared_and_says_so(
    taxpayer: Taxpayer, city: tuple[User, User], blocked: ComparisonRun
) -> None:
    row = services.ask_rule_measure(actor=city[0], kind=MeasureKind.SUSPEND, **SPAN)
    assert compare(taxpayer).is_blocking
    services.decide_measure(actor=city[1], measure=row, is_agreed=True)
    run = compare(taxpayer)
    assert (run.outcome, run.is_blocking) == (RunOutcome.AGREED, False)
    kept = run.results.get(rule_code="X2")
    assert (kept.outcome, kept.rule_measure, kept.difference) == ("not_applicable", row, Decimal("88.00"))
    assert kept.sentence == f"暂停比对（第 {row.pk} 号）：汇总开票"
    services.lift_measure(actor=city[0], measure=row, reason="系统恢复")
    assert compare(taxpayer).is_blocking


@pytest.mark.parametrize(("amount", "outcome"), [("88.00", "within_tolerance"), ("87.99", "fail")])
def test_another_tolerance_counts_for_a_while_to_the_cent(
    taxpayer: Taxpayer, city: tuple[User, User], blocked: ComparisonRun, amount: str, outcome: str
) -> None:
    row = services.ask_rule_measure(actor=city[0], kind=MeasureKind.TOLERANCE, amount=Decimal(amount), **SPAN)
    services.decide_measure(actor=city[1], measure=row, is_agreed=True)
    kept = compare(taxpayer).results.get(rule_code="X2")
    assert (kept.outcome, kept.tolerance, kept.rule_measure) == (outcome, Decimal(amount), row)


def test_a_measure_is_over_after_its_last_day(
    taxpayer: Taxpayer, city: tuple[User, User], blocked: ComparisonRun, freeze: Callable[[str], object]
) -> None:
    row = services.ask_rule_measure(actor=city[0], kind=MeasureKind.SUSPEND, **SPAN)
    services.decide_measure(actor=city[1], measure=row, is_agreed=True)
    freeze("2026-12-01 00:01")
    assert compare(taxpayer).is_blocking


def test_only_the_city_changes_rules_for_everybody(officer: User, second: User, city: tuple[User, User]) -> None:
    with pytest.raises(NotPermittedError):
        services.ask_rule_measure(actor=officer, kind=MeasureKind.SUSPEND, **SPAN)
    row = services.ask_rule_measure(actor=city[0], kind=MeasureKind.SUSPEND, **SPAN)
    for actor in (second, city[0]):
        with pytest.raises(NotPermittedError):
            services.decide_measure(actor=actor, measure=row, is_agreed=True)


@pytest.mark.parametrize(
    "changes", [{"valid_to": None}, {"kind": "tolerance"}, {"kind": "tolerance", "amount": Decimal(-1)}, {"kind": "no"}]
)
def test_a_measure_that_is_not_whole_is_refused(city: tuple[User, User], changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        services.ask_rule_measure(actor=city[0], **{"kind": MeasureKind.SUSPEND, **SPAN, **changes})


def test_the_database_holds_states_and_amounts(city: tuple[User, User]) -> None:
    row = services.ask_rule_measure(actor=city[0], kind=MeasureKind.SUSPEND, **SPAN)
    for values in ({"state": MeasureState.LIFTED}, {"amount": Decimal(1)}, {"valid_to": None}, {"reason": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RuleMeasure.objects.filter(pk=row.pk).update(**values)


def enter(officer: User) -> HallClient:
    """Sign an officer in."""
    return HallClient().enter_as_officer(officer)


def test_the_pages_lead_from_asking_to_lifting(taxpayer: Taxpayer, officer: User, second: User) -> None:
    asking = enter(officer)
    new = reverse("admin:whitelist-ask")
    sent = {"number": taxpayer.number, "rule_code": "X2", "valid_from": "2026-10-01", "valid_to": "", "reason": "汇总"}
    assert asking.post(new, sent).status_code == 422
    answer = asking.post(new, {**sent, "source": "核准 1 号"})
    entry = WhitelistEntry.objects.get()
    page = reverse("admin:whitelist-detail", args=[entry.pk])
    assert answer["Location"] == page
    assert "登记人本人不能确认" in asking.get(page).content.decode()
    assert asking.post(page, {"words": "", "decision": "agree"}).status_code == 403
    agreeing = enter(second)
    assert taxpayer.name in agreeing.get(reverse("admin:whitelist")).content.decode()
    assert agreeing.post(page, {"words": "核实", "decision": "agree"}).status_code == 302
    assert asking.post(page, {"words": ""}).status_code == 422
    assert asking.post(page, {"words": "情形消失"}).status_code == 302
    words = asking.get(page).content.decode()
    for each in ("登记", "同意，生效：核实", "解除：情形消失"):
        assert each in words


@pytest.mark.parametrize("name", ["whitelist", "rule-measure"])
def test_who_may_not_ask_reads_it_before_any_form(name: str, taxpayer: Taxpayer) -> None:
    approver = enter(OfficerPostFactory(approver=True, bureau=taxpayer.bureau).user)
    asking = reverse(f"admin:{name}-ask")
    words = approver.get(asking).content.decode()
    assert "不能登记" in words
    assert 'name="rule_code"' not in words
    listed = reverse("admin:whitelist" if name == "whitelist" else "admin:rule-measures")
    assert asking not in approver.get(listed).content.decode()


def test_another_district_and_a_taxpayer_see_no_page(taxpayer: Taxpayer, officer: User) -> None:
    entry = asked(officer, taxpayer)
    page = reverse("admin:whitelist-detail", args=[entry.pk])
    stranger = enter(OfficerPostFactory(exception=True, bureau=BureauFactory(xincheng=True)).user)
    assert stranger.get(page).status_code == 404
    assert taxpayer.name not in stranger.get(reverse("admin:whitelist")).content.decode()
    assert HallClient().enter_as(MembershipFactory(taxpayer=taxpayer, role="finance")).get(page).status_code == 302


def test_a_district_reads_the_measures_about_rules_and_changes_none(officer: User, city: tuple[User, User]) -> None:
    row = services.ask_rule_measure(actor=city[0], kind=MeasureKind.SUSPEND, **SPAN)
    page = reverse("admin:rule-measure-detail", args=[row.pk])
    assert "暂停规则 X2" in enter(officer).get(page).content.decode()
    assert enter(officer).post(page, {"words": "", "decision": "agree"}).status_code == 403
    sent = {**SPAN, "kind": "tolerance", "amount": "10.00"}
    assert enter(officer).post(reverse("admin:rule-measure-ask"), sent).status_code == 422
    assert enter(city[1]).post(reverse("admin:rule-measure-ask"), sent).status_code == 302


def test_the_database_takes_no_second_account_of_who_asked_for_a_second_person(
    taxpayer: Taxpayer, officer: User, second: User
) -> None:
    entry = services.ask_whitelist_entry(actor=officer, taxpayer=taxpayer, **USUAL)
    assert entry.asked_person == officer.person
    decided = {"state": MeasureState.AGREED, "decided_by": second, "decided_at": entry.asked_at}
    with pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
        WhitelistEntry.objects.filter(pk=entry.pk).update(**decided, decided_person=officer.person)
    WhitelistEntry.objects.filter(pk=entry.pk).update(**decided, decided_person=second.person)
