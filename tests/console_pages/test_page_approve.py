"""Approving: what was shown, by who may, once, after a fresh proof; and what stops it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import AuditEvent, Notice
from clearcard import services
from clearcard.choices import CaseStatus, ClearKind, RejectReason
from clearcard.models import ClearCardCase
from devices.choices import DeviceStatus
from devices.models import Device, DeviceCommand, DeviceReport
from tests.console_pages.cases import address, seen, words_of
from tests.console_pages.people import assert_absent, assert_closed, assert_unchanged, code_of, enter
from tests.factories.clearcard import reviewing_case
from tests.factories.devices import DeviceReportFactory
from tests.harness.clients import HallClient


def approve(client: HallClient, case: ClearCardCase, **data: Any) -> Any:
    """Send the form as the page holds it."""
    return client.post(address("approve", case), seen(case) | data)


def fresh(case: ClearCardCase) -> ClearCardCase:
    """Read the application again."""
    return ClearCardCase.objects.get(pk=case.pk)


def test_what_was_shown_is_approved_and_queued(holder: HallClient, case: ClearCardCase) -> None:
    answer = approve(holder, case, note="材料齐全")
    assert answer["Location"] == address("review", case)
    done = fresh(case)
    assert (done.status, done.approver, done.approved_digest) == (
        CaseStatus.APPROVED, holder.user, case.snapshot_digest,
    )  # fmt: skip
    words = words_of(holder.get(answer["Location"]))
    assert "您的审核意见已保存" in words
    assert f"决定 审核通过 2026-11-05 10:00 经办 {holder.user} 说明 材料齐全" in words
    assert Notice.objects.filter(recipient=case.taxpayer, kind="clear_approved").count() == 1


def test_a_second_click_shows_the_same_decision(holder: HallClient, case: ClearCardCase) -> None:
    answers = [approve(holder, case) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [address("review", case)] * 2
    assert DeviceCommand.objects.filter(device=case.device).count() == 1
    assert "审核已通过" in words_of(holder.get(address("review", case)))


def test_who_may_not_decide_reads_why(refused: dict[str, tuple[HallClient, str]], case: ClearCardCase) -> None:
    for client, reason in refused.values():
        answer = approve(client, case, note="同意")
        assert answer.status_code == 403
        assert reason in words_of(answer)
    assert_unchanged(case)


def test_others_are_sent_to_the_sign_in(case: ClearCardCase) -> None:
    assert_closed(address("approve", case), seen(case), company=case.taxpayer)
    assert_unchanged(case)


def test_another_district_finds_nothing(outsider: HallClient, case: ClearCardCase) -> None:
    assert_absent(outsider, "approve", case, seen(case))
    assert_unchanged(case)


def test_what_another_decided_meanwhile_is_told_and_what_was_typed_stays(
    holder: HallClient, case: ClearCardCase
) -> None:
    services.release_case(actor=holder.user, case=case)
    other = enter().user
    services.reject_case(
        actor=other, case=case, version=case.version, reason_code=RejectReason.OTHER, text="请先办理变更"
    )
    answer = approve(holder, case, note="数据核对无误")
    assert answer.status_code == 409
    words = words_of(answer)
    assert "这份申请已有变化，您的操作没有保存" in words
    assert f"最近一步：{other} 于 2026-11-05 10:00 “驳回”，申请现在为“已驳回”" in words
    assert "您刚才填写的内容（没有保存，可复制） 审核意见 数据核对无误" in words
    assert fresh(case).status == CaseStatus.REJECTED


def test_an_old_page_says_that_the_content_is_new_and_keeps_the_form(holder: HallClient, case: ClearCardCase) -> None:
    answer = approve(holder, case, digest="f" * 64, note="数据核对无误")
    assert answer.status_code == 409
    assert "您看到的已不是最新内容，本次决定没有保存" in words_of(answer)
    assert "您填写的内容还在下面的表单里" in words_of(answer)
    assert "数据核对无误</textarea>" in answer.content.decode()
    assert_unchanged(fresh(case))


@pytest.mark.parametrize("version", ["", "-1", "abc", "9" * 40, "9" * 5_000])
def test_a_version_that_is_none_approves_nothing(holder: HallClient, case: ClearCardCase, version: str) -> None:
    assert approve(holder, case, version=version).status_code == 409
    assert fresh(case).status == CaseStatus.REVIEWING


def test_a_new_report_stops_it_and_says_what_to_do(holder: HallClient, case: ClearCardCase) -> None:
    DeviceReportFactory(device=case.device, report_counter=2)
    answer = approve(holder, case)
    assert answer.status_code == 409
    assert "提交之后设备重新抄报过" in words_of(answer)
    assert "请退回补正" in words_of(answer)
    assert fresh(case).status == CaseStatus.REVIEWING
    assert DeviceReport.objects.filter(device=case.device).count() == 2


def test_a_disk_that_may_not_be_cleared_stops_it(holder: HallClient, case: ClearCardCase) -> None:
    Device.objects.filter(pk=case.device_id).update(status=DeviceStatus.LOST, barred_at=timezone.now())
    answer = approve(holder, case, note="同意")
    assert answer.status_code == 409
    assert "您的操作没有保存" in words_of(answer)
    assert "同意</textarea>" in answer.content.decode()
    assert fresh(case).status == CaseStatus.REVIEWING


def test_an_old_proof_is_not_enough(holder: HallClient, case: ClearCardCase, freeze: Callable[[str], object]) -> None:
    freeze("2026-11-05 10:06")
    assert "动态口令" in words_of(holder.get(address("review", case)))
    answer = approve(holder, case, note="同意")
    assert answer.status_code == 403
    assert "距上次验证身份已超过五分钟" in words_of(answer)
    assert "同意</textarea>" in answer.content.decode()
    assert fresh(case).status == CaseStatus.REVIEWING
    event = AuditEvent.objects.get(action="accounts.step_up_missing")
    assert (event.actor, event.data) == (holder.user, {"act": f"clearcard.approve:{case.number}"})


def test_a_wrong_code_stops_it_and_the_right_one_lets_it_through(
    holder: HallClient, case: ClearCardCase, freeze: Callable[[str], object]
) -> None:
    freeze("2026-11-05 10:06")
    wrong = approve(holder, case, note="同意", code="000000")
    assert wrong.status_code == 422
    assert "动态口令不正确或已经用过，刚才的操作没有保存" in words_of(wrong)
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert approve(holder, case, note="同意", code=code_of(holder.user)).status_code == 302
    assert fresh(case).status == CaseStatus.APPROVED


def test_a_special_clear_hides_the_first_opinion_until_the_second_is_in(november: object, db: None) -> None:
    case, first, second = reviewing_case(kind=ClearKind.SPECIAL), enter(), enter()
    services.claim_case(actor=first.user, case=case)
    assert "同意，提交第二人审批" in words_of(first.get(address("review", case)))
    for _ in range(2):
        assert approve(first, case, note="同意特殊清卡").status_code == 302
    own = words_of(first.get(address("review", case)))
    assert "您已作初审，请由其他人员审批" in own

    waiting = fresh(case)
    services.claim_case(actor=second.user, case=waiting)
    words = words_of(second.get(address("review", waiting)))
    assert "同意特殊清卡" not in words
    assert str(first.user) not in words
    assert approve(second, waiting, note="准予").status_code == 302
    decided = words_of(second.get(address("review", case)))
    assert f"初审 {first.user} 同意特殊清卡" in decided
    assert f"经办 {second.user}" in decided


def test_the_first_of_two_cannot_be_the_second_too(november: object, db: None) -> None:
    case, first = reviewing_case(kind=ClearKind.SPECIAL), enter()
    approve(first, case)
    answer = approve(first, fresh(case))
    assert answer.status_code == 403
    assert "第二名税务人员复核" in words_of(answer)
    assert fresh(case).status == CaseStatus.REVIEWING
