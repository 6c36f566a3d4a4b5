"""A measure about a rule begins, ends or is lifted: what still waits is compared anew, what is granted stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from accounts.choices import Post
from accounts.models import AuditEvent, Taxpayer, User
from clearcard import services
from clearcard.choices import CaseStatus, Lane
from clearcard.models import ClearCardCase
from devices.models import Device
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.choices import ExceptionState, MeasureKind
from filing.models import ComparisonException, ComparisonRun, RuleMeasure
from taxhall.common.errors import ConflictError
from tests.clearcard.scene import OCTOBER
from tests.clearcard.test_concurrency import at_once
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerPostFactory
from tests.factories.clearcard import ClearCardCaseFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(freeze: Callable[[str], datetime]) -> datetime:
    """Stop the clock inside the season of October 2026."""
    return freeze("2026-11-05 10:00")


@pytest.fixture
def city() -> tuple[User, User]:
    """Return two officers of the city's own bureau."""
    bureau = BureauFactory(city=True)
    first = OfficerPostFactory(exception=True, bureau=bureau)
    return first.user, OfficerPostFactory(post=Post.HEAD, bureau=bureau).user


def blocked_device(**taxpayer: Any) -> Device:
    """Return the disk of a company whose comparison fails by an invoice of 88.00 issued after filing."""
    member = MembershipFactory(role="tax_clerk", **{f"taxpayer__{name}": value for name, value in taxpayer.items()})
    device: Device = DeviceFactory(taxpayer=member.taxpayer, reported=True)
    sold = {"taxpayer": member.taxpayer, "device": device, "dated_on": date(2026, 10, 20)}
    IssuedInvoiceFactory(**sold, lines=[line("1000.00")])
    draft = filing_services.start_return(actor=member.user, taxpayer=member.taxpayer, period=OCTOBER)
    digest = filing_selectors.current_sheet(draft).digest
    filing_services.submit_return(actor=member.user, tax_return=draft, key=str(draft.submit_key), digest=digest)
    IssuedInvoiceFactory(**sold, lines=[line("88.00")])
    filing_services.compare_period(actor=None, taxpayer=member.taxpayer, month=OCTOBER)
    return device


def suspended(city: tuple[User, User], **changes: Any) -> RuleMeasure:
    """Put the rule off that holds the ordinary invoices, for November."""
    values: dict[str, Any] = {
        "rule_code": "X2", "valid_from": date(2026, 11, 1), "valid_to": date(2026, 11, 30), "reason": "系统升级",
        "source": "通知 1 号", **changes,
    }  # fmt: skip
    row = filing_services.ask_rule_measure(actor=city[0], kind=MeasureKind.SUSPEND, **values)
    filing_services.decide_measure(actor=city[1], measure=row, is_agreed=True)
    return row


def lift(city: tuple[User, User], row: RuleMeasure) -> None:
    filing_services.lift_measure(actor=city[0], measure=row, reason="系统恢复")


def is_blocked(taxpayer: Taxpayer) -> bool:
    """Say whether the comparison that stands keeps the disk from being cleared."""
    run = filing_selectors.latest_comparison(taxpayer=taxpayer, period=OCTOBER)
    assert run is not None
    return run.is_blocking


def handed_over(device: Device) -> ComparisonException:
    """Hand the blocking comparison to the exception post."""
    run = filing_selectors.latest_comparison(taxpayer=device.taxpayer, period=OCTOBER)
    assert run is not None
    actor = MembershipFactory(taxpayer=device.taxpayer, role="finance").user
    return filing_services.hand_over_comparison(actor=actor, run=run, explanation="汇总开票")


@pytest.mark.parametrize("status", [CaseStatus.DRAFT, CaseStatus.SUBMITTED, CaseStatus.RETURNED])
def test_a_waiting_clear_follows_the_measure_from_its_agreement_to_its_lifting(
    city: tuple[User, User], status: CaseStatus
) -> None:
    case = ClearCardCaseFactory(device=blocked_device(), status=status)
    row = suspended(city)
    assert len(services.compare_waiting()) == 1
    assert not is_blocked(case.taxpayer)
    lift(city, row)
    assert len(services.compare_waiting()) == 1
    assert is_blocked(case.taxpayer)
    assert AuditEvent.objects.filter(action="clearcard.compared_anew").count() == 2
    assert ClearCardCase.objects.get(pk=case.pk).version == case.version, (
        "what the company is filling in stays as it is"
    )


def test_comparing_again_finds_nothing_more(city: tuple[User, User]) -> None:
    ClearCardCaseFactory(device=blocked_device())
    assert services.compare_waiting() == []
    suspended(city)
    assert len(services.compare_waiting()) == 1
    before = ComparisonRun.objects.count()
    assert services.compare_waiting() == []
    assert ComparisonRun.objects.count() == before


def test_a_measure_begins_and_ends_by_its_dates(city: tuple[User, User], freeze: Callable[[str], datetime]) -> None:
    case = ClearCardCaseFactory(device=blocked_device())
    suspended(city, valid_from=date(2026, 11, 6), valid_to=date(2026, 11, 7))
    assert services.compare_waiting() == []
    for day, is_held in (("2026-11-06", False), ("2026-11-08", True)):
        freeze(f"{day} 00:01")
        assert len(services.compare_waiting()) == 1
        assert is_blocked(case.taxpayer) is is_held


def test_what_lies_at_the_exception_post_is_compared_anew_and_stays_there(city: tuple[User, User]) -> None:
    device = blocked_device()
    row = handed_over(device)
    suspended(city)
    assert len(services.compare_waiting()) == 1
    assert not is_blocked(device.taxpayer)
    assert ComparisonException.objects.get(pk=row.pk).state == ExceptionState.OPEN


@pytest.mark.parametrize(
    "status", [CaseStatus.APPROVED, CaseStatus.COMMANDED, CaseStatus.SENDING, CaseStatus.IN_DOUBT, CaseStatus.CLEARED]
)
def test_a_clear_that_is_granted_or_done_keeps_its_comparison(city: tuple[User, User], status: CaseStatus) -> None:
    device = blocked_device()
    handed_over(device)
    ClearCardCaseFactory(device=device, status=status)
    suspended(city)
    assert services.compare_waiting() == []
    assert is_blocked(device.taxpayer)


def test_what_nobody_waits_for_is_left_alone(city: tuple[User, User]) -> None:
    device = blocked_device()
    ClearCardCaseFactory(device=device, status=CaseStatus.WITHDRAWN)
    suspended(city)
    assert services.compare_waiting() == []


def test_companies_of_another_district_that_the_rule_does_not_hold_are_not_touched(city: tuple[User, User]) -> None:
    here, there = blocked_device(), blocked_device(bureau=BureauFactory(xincheng=True))
    ClearCardCaseFactory(device=here)
    ClearCardCaseFactory(device=there)
    suspended(city, rule_code="G1A")
    assert services.compare_waiting() == []

    # An entry of one district's whitelist concerns its company alone.
    officer = OfficerPostFactory(exception=True, bureau=here.taxpayer.bureau).user
    second = OfficerPostFactory(post=Post.HEAD, bureau=here.taxpayer.bureau).user
    entry = filing_services.ask_whitelist_entry(
        actor=officer,
        taxpayer=here.taxpayer,
        rule_code="X2",
        valid_from=date(2026, 10, 1),
        reason="汇总",
        source="1 号",
    )
    filing_services.decide_measure(actor=second, measure=entry, is_agreed=True)
    assert services.compare_waiting() == []
    assert (is_blocked(here.taxpayer), is_blocked(there.taxpayer)) == (False, True)


def test_an_officer_who_decides_is_told_and_must_look_again(city: tuple[User, User]) -> None:
    case = ClearCardCaseFactory(device=blocked_device(), status=CaseStatus.REVIEWING, lane=Lane.OFFICER)
    suspended(city)
    services.compare_waiting()
    seen = ClearCardCase.objects.get(pk=case.pk)
    assert seen.lane_reasons[-1] == "比对规则有调整，已重新比对：比对相符，不阻断清卡"
    assert seen.version == case.version + 1


def test_a_fault_in_between_loses_nothing_and_repeats_nothing(
    city: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [ClearCardCaseFactory(device=blocked_device()) for _ in range(3)]
    suspended(city)
    compare, asked = filing_services.compare_outdated, []

    def dies_at_the_second(**values: Any) -> ComparisonRun | None:
        asked.append(values)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return compare(**values)

    with monkeypatch.context() as patched:
        patched.setattr(filing_services, "compare_outdated", dies_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            services.compare_waiting()
    assert [is_blocked(case.taxpayer) for case in cases] == [False, True, True]
    assert len(services.compare_waiting()) == 2
    assert not any(is_blocked(case.taxpayer) for case in cases)
    assert [case.taxpayer.comparison_runs.count() for case in cases] == [2, 2, 2]


def test_one_companys_trouble_keeps_no_other_waiting(city: tuple[User, User], monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [ClearCardCaseFactory(device=blocked_device()) for _ in range(2)]
    suspended(city)
    compare = filing_services.compare_outdated

    def fails_for_the_first(*, taxpayer_id: int, **values: Any) -> ComparisonRun | None:
        if taxpayer_id == cases[0].taxpayer_id:
            raise ConflictError("没有政策参数")
        return compare(taxpayer_id=taxpayer_id, **values)

    with monkeypatch.context() as patched:
        patched.setattr(filing_services, "compare_outdated", fails_for_the_first)
        assert len(services.compare_waiting()) == 1
    assert [is_blocked(case.taxpayer) for case in cases] == [True, False]


def test_two_workers_compare_once(transactional_db: None, city: tuple[User, User]) -> None:
    case = ClearCardCaseFactory(device=blocked_device())
    exception = handed_over(blocked_device())
    suspended(city)
    found = at_once(services.compare_waiting, services.compare_waiting)
    assert sum(len(each) for each in found) == 2
    for taxpayer in (case.taxpayer, exception.taxpayer):
        assert taxpayer.comparison_runs.count() == 2


def test_agreeing_and_lifting_ring_after_commit_and_asking_does_not(
    city: tuple[User, User], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("clearcard.services.recompare.ring", lambda task, *_ids: rung.append(task.name))
    with django_capture_on_commit_callbacks(execute=True):
        row = suspended(city)
        assert rung == []
    with django_capture_on_commit_callbacks(execute=True):
        lift(city, row)
    assert rung == ["clearcard.compare_waiting"] * 2
