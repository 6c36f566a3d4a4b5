"""Approving harmless applications together: each by itself, with its own record; what moved is left out and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from accounts.choices import CreditGrade, Post
from accounts.models import AuditEvent
from clearcard import services
from clearcard.choices import CaseStatus, ClearKind, RejectReason, ReviewOutcome
from clearcard.models import ClearCardCase, ReviewResult
from clearcard.rules import batch as rules
from devices.models import DeviceCommand
from tests.console_pages.cases import address, words_of
from tests.console_pages.people import assert_closed, assert_unchanged, code_of, enter
from tests.factories.accounts import MembershipFactory, OfficerFactory, TaxpayerFactory, UserFactory
from tests.factories.clearcard import reviewing_case
from tests.factories.devices import DeviceFactory
from tests.harness.clients import HallClient

LIST, CONFIRM, APPROVE = (reverse(f"admin:clearcard-batch{each}") for each in ("", "-confirm", "-approve"))


def harmless(grade: str = CreditGrade.M, **changes: Any) -> ClearCardCase:
    """Return an application of which everything passed but the grade."""
    device = DeviceFactory(reported=True, taxpayer=TaxpayerFactory(credit_grade=grade))
    case = reviewing_case(device=device, **changes)
    for code, outcome in (("tables_agree", ReviewOutcome.PASS), ("grade_allows", ReviewOutcome.NEEDS_PERSON)):
        ReviewResult.objects.create(case=case, round=case.round, rule_code=code, title=code, outcome=outcome)
    return case


@pytest.fixture
def pair(db: None, november: object) -> list[ClearCardCase]:
    """Return two harmless applications of different companies."""
    return [harmless(), harmless()]


def opened(client: HallClient, cases: list[ClearCardCase]) -> HallClient:
    """Open the review page of each, as the sample asks."""
    for case in cases:
        client.get(address("review", case))
    return client


def seen(cases: list[ClearCardCase], **more: Any) -> dict[str, Any]:
    """Return what the confirm page sends."""
    return {"seen": [f"{each.number}:{each.version}:{each.snapshot_digest}" for each in cases], **more}


def status(case: ClearCardCase) -> str:
    """Return where the application stands now."""
    return str(ClearCardCase.objects.get(pk=case.pk).status)


def test_each_is_approved_by_itself_with_its_own_record(officer: HallClient, pair: list[ClearCardCase]) -> None:
    page = officer.get(CONFIRM, {"case": [each.number for each in pair]})
    assert "将通过 2 份申请" in words_of(page)
    answer = opened(officer, pair).post(APPROVE, seen(pair, note="材料齐全"))
    assert "通过 2 份，未通过 0 份" in words_of(answer)
    for case in pair:
        done = ClearCardCase.objects.get(pk=case.pk)
        assert (done.status, done.approver, done.approved_digest) == (
            CaseStatus.APPROVED, officer.user, case.snapshot_digest,
        )  # fmt: skip
        assert "批量审核通过。材料齐全" in done.transitions.last().note
        assert AuditEvent.objects.filter(action="clearcard.case_approve", object_id=case.pk).count() == 1
    assert AuditEvent.objects.get(action="clearcard.batch_approved").data["left_out"] == []


def test_sending_the_list_again_approves_nothing_twice(officer: HallClient, pair: list[ClearCardCase]) -> None:
    opened(officer, pair)
    for _ in range(2):
        assert "通过 2 份，未通过 0 份" in words_of(officer.post(APPROVE, seen(pair)))
    assert DeviceCommand.objects.count() == 2


def test_one_that_moved_meanwhile_is_left_out_and_named(officer: HallClient, pair: list[ClearCardCase]) -> None:
    opened(officer, pair)
    moved, stays = pair
    other = OfficerFactory()
    letter = {"reason_code": RejectReason.OTHER, "text": "请先办理变更"}
    services.reject_case(actor=other, case=moved, version=moved.version, **letter)
    words = words_of(officer.post(APPROVE, seen(pair)))
    assert "通过 1 份，未通过 1 份" in words
    assert f"没有通过，原样留在队列里 {moved.number}" in words
    assert (status(moved), status(stays)) == (CaseStatus.REJECTED, CaseStatus.APPROVED)


def test_one_that_a_colleague_took_is_left_out(officer: HallClient, pair: list[ClearCardCase]) -> None:
    opened(officer, pair)
    colleague = enter()
    services.claim_case(actor=colleague.user, case=pair[0])
    assert f"须单独办理：{colleague.user} 已认领" in words_of(officer.get(LIST))
    words = words_of(officer.post(APPROVE, seen(pair)))
    assert f"已由 {colleague.user} 认领" in words
    assert (status(pair[0]), status(pair[1])) == (CaseStatus.REVIEWING, CaseStatus.APPROVED)


def test_one_that_was_handed_in_anew_is_left_out(officer: HallClient, pair: list[ClearCardCase]) -> None:
    opened(officer, pair)
    data = seen(pair)
    data["seen"][0] = f"{pair[0].number}:{pair[0].version}:{'f' * 64}"
    session = officer.session
    session["clearcard_opened"] = [*session["clearcard_opened"], "f" * 64]
    session.save()
    words = words_of(officer.post(APPROVE, data))
    assert "申请内容在您打开之后重新提交过" in words
    assert (status(pair[0]), status(pair[1])) == (CaseStatus.REVIEWING, CaseStatus.APPROVED)


@pytest.mark.parametrize("unfit", ["special", "grade D", "differs", "not looked at"])
def test_only_the_harmless_can_be_ticked_and_approved(
    officer: HallClient, pair: list[ClearCardCase], unfit: str
) -> None:
    changes = {"special": {"kind": ClearKind.SPECIAL}, "grade D": {"grade": CreditGrade.D}}
    case = harmless(**changes.get(unfit, {})) if unfit != "not looked at" else reviewing_case()
    if unfit == "differs":
        outcome = {"rule_code": "in_time", "title": "办理时限", "outcome": ReviewOutcome.NEEDS_PERSON}
        ReviewResult.objects.create(case=case, round=case.round, **outcome)
    page = officer.get(LIST).content.decode()
    assert f'value="{case.number}"' not in page
    assert f'value="{pair[0].number}"' in page
    opened(officer, [case, *pair])
    words = words_of(officer.post(APPROVE, seen([case, *pair])))
    assert "通过 2 份，未通过 1 份" in words
    assert "请打开这份申请单独办理" in words
    assert status(case) == CaseStatus.REVIEWING


def test_the_sample_is_opened_first(officer: HallClient, pair: list[ClearCardCase]) -> None:
    sampled = min(pair, key=lambda each: each.snapshot_digest)
    assert "请先打开" in words_of(officer.get(CONFIRM, {"case": [each.number for each in pair]}))
    answer = officer.post(APPROVE, seen(pair, note="同意"))
    assert answer.status_code == 422
    assert f"抽查的申请还没有打开看过：{sampled.number}" in words_of(answer)
    assert "同意" in answer.content.decode()
    for case in pair:
        assert_unchanged(case)


def test_a_fresh_proof_is_asked_for(
    officer: HallClient, pair: list[ClearCardCase], freeze: Callable[[str], datetime]
) -> None:
    opened(officer, pair)
    freeze("2026-11-05 10:06")
    answer = officer.post(APPROVE, seen(pair, note="同意"))
    assert answer.status_code == 403
    assert "距上次验证身份已超过五分钟" in words_of(answer)
    for case in pair:
        assert_unchanged(case)
    assert "通过 2 份" in words_of(officer.post(APPROVE, seen(pair, code=code_of(officer.user))))


def test_none_and_too_many_are_refused_in_words(officer: HallClient, pair: list[ClearCardCase]) -> None:
    assert "没有勾选申请" in words_of(officer.post(APPROVE, {}))
    many = {"seen": [f"QK{number}:1:{'0' * 64}" for number in range(rules.LARGEST + 1)]}
    answer = officer.post(APPROVE, many)
    assert answer.status_code == 422
    assert "一次最多批量审核 20 份" in words_of(answer)


def test_the_own_company_is_left_out(officer: HallClient, pair: list[ClearCardCase]) -> None:
    MembershipFactory(user=UserFactory(person=officer.user.person), taxpayer=pair[0].taxpayer)
    words = words_of(opened(officer, pair).post(APPROVE, seen(pair)))
    assert "按回避规定不能审核" in words
    assert (status(pair[0]), status(pair[1])) == (CaseStatus.REVIEWING, CaseStatus.APPROVED)


def test_who_does_not_decide_has_no_boxes(pair: list[ClearCardCase]) -> None:
    auditor = enter(post=Post.AUDITOR)
    assert 'type="checkbox"' not in auditor.get(LIST).content.decode()
    assert "通过 0 份，未通过 2 份" in words_of(opened(auditor, pair).post(APPROVE, seen(pair)))


def test_another_district_sees_and_approves_nothing(outsider: HallClient, pair: list[ClearCardCase]) -> None:
    assert pair[0].number not in words_of(outsider.get(LIST))
    session = outsider.session
    session["clearcard_opened"] = [each.snapshot_digest for each in pair]
    session.save()
    words = words_of(outsider.post(APPROVE, seen(pair)))
    assert "通过 0 份，未通过 2 份" in words
    assert "没有找到这份清卡申请" in words
    for case in pair:
        assert_unchanged(case)


def test_others_are_sent_to_the_sign_in(pair: list[ClearCardCase]) -> None:
    assert_closed(LIST, company=pair[0].taxpayer)
    assert_closed(APPROVE, seen(pair), company=pair[0].taxpayer)


def test_the_addresses_of_the_steps_lead_back_to_the_list(officer: HallClient) -> None:
    assert officer.get(APPROVE)["Location"] == LIST
    assert officer.get(CONFIRM)["Location"] == LIST


def test_a_content_opened_elsewhere_does_not_stand_in_for_the_sample(officer: HallClient, november: object) -> None:
    lowest, *others = sorted((harmless() for _ in range(3)), key=lambda each: each.snapshot_digest)
    opened(officer, [lowest])
    sent = seen(others)
    sent["seen"].append(f"QK0:1:{lowest.snapshot_digest}")
    assert officer.post(APPROVE, sent).status_code == 422
    assert {status(each) for each in others} == {CaseStatus.REVIEWING}


def test_the_sample_is_one_in_five_and_at_least_one() -> None:
    assert [len(rules.sample([f"{n:02d}" for n in range(count)])) for count in (1, 5, 6, 20)] == [1, 1, 2, 4]
