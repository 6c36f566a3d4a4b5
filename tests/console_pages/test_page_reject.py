"""Refusing for good: reason code and words, once; and nothing typed is lost when a session ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from accounts.models import Notice
from clearcard import services
from clearcard.choices import CaseStatus, RejectReason
from clearcard.models import ClearCardCase
from tests.console_pages.cases import address, seen, words_of
from tests.console_pages.people import assert_absent, assert_closed, assert_unchanged, enter, sign_in_data
from tests.harness.clients import HallClient

WORDS = {"reason": RejectReason.WRONG_DEVICE.value, "text": "设备登记在别的企业名下，请先办理变更发行"}
LETTER = "驳回原因：设备与纳税人登记信息不符。设备登记在别的企业名下，请先办理变更发行。没有改动设备。"


def reject(client: HallClient, case: ClearCardCase, **changes: Any) -> Any:
    """Send the form as the page holds it."""
    return client.post(address("reject", case), seen(case) | WORDS | changes)


def fresh(case: ClearCardCase) -> ClearCardCase:
    """Read the application again."""
    return ClearCardCase.objects.get(pk=case.pk)


def test_the_taxpayer_gets_the_letter_that_was_previewed(holder: HallClient, case: ClearCardCase) -> None:
    preview = holder.post(address("letter", case, "reject"), WORDS, headers={"HX-Request": "true"})
    assert LETTER in words_of(preview)
    answer = reject(holder, case)
    assert answer["Location"] == address("review", case)
    assert Notice.objects.get(kind="clear_rejected").body == LETTER
    done = fresh(case)
    assert (done.status, done.reason_code) == (CaseStatus.REJECTED, RejectReason.WRONG_DEVICE)
    words = words_of(holder.get(answer["Location"]))
    assert "已驳回，纳税人会收到通知" in words
    assert f"经办 {holder.user} 驳回原因 设备与纳税人登记信息不符 说明 {WORDS['text']}" in words


def test_the_preview_without_script_keeps_everything_typed(holder: HallClient, case: ClearCardCase) -> None:
    answer = holder.post(address("letter", case, "reject"), WORDS)
    assert LETTER in words_of(answer)
    assert f"{WORDS['text']}</textarea>" in answer.content.decode()
    assert '<option value="wrong_device" selected>' in answer.content.decode()
    assert fresh(case).status == CaseStatus.REVIEWING


def test_a_preview_does_not_complain_of_what_is_still_to_be_written(holder: HallClient, case: ClearCardCase) -> None:
    answer = holder.post(address("letter", case, "reject"), {"reason": "other"})
    assert "请填写" not in words_of(answer)
    assert "驳回原因：其他。" in words_of(answer)


def test_a_second_click_shows_the_same_decision(holder: HallClient, case: ClearCardCase) -> None:
    answers = [reject(holder, case) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [address("review", case)] * 2
    assert Notice.objects.filter(kind="clear_rejected").count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "请选择驳回原因"),
        ({"reason": "no_such"}, "请选择驳回原因"),
        ({"text": " "}, "请写明驳回的具体理由和纳税人可以怎么做"),
    ],
)
def test_a_refusal_without_reason_or_words_is_not_sent(
    holder: HallClient, case: ClearCardCase, changes: dict[str, str], words: str
) -> None:
    answer = reject(holder, case, **changes)
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert 'aria-invalid="true"' in answer.content.decode()
    assert "<title>错误：" in answer.content.decode()
    assert 'href="#reject-' in answer.content.decode()
    assert fresh(case).status == CaseStatus.REVIEWING


def test_who_may_not_decide_reads_why(refused: dict[str, tuple[HallClient, str]], case: ClearCardCase) -> None:
    for client, reason in refused.values():
        answer = reject(client, case)
        assert answer.status_code == 403
        assert reason in words_of(answer)
    assert_unchanged(case)
    assert not Notice.objects.exists()


def test_others_are_sent_to_the_sign_in(case: ClearCardCase) -> None:
    assert_closed(address("reject", case), seen(case) | WORDS, company=case.taxpayer)
    assert_unchanged(case)


def test_another_district_finds_nothing(outsider: HallClient, case: ClearCardCase) -> None:
    assert_absent(outsider, "reject", case, seen(case) | WORDS)
    assert_absent(outsider, "letter", case, WORDS, "reject")
    assert_unchanged(case)


def test_what_another_decided_meanwhile_is_told_and_what_was_typed_stays(
    holder: HallClient, case: ClearCardCase
) -> None:
    services.release_case(actor=holder.user, case=case)
    other = enter().user
    services.approve_case(actor=other, case=case, **seen(case))
    answer = reject(holder, case)
    assert answer.status_code == 409
    words = words_of(answer)
    assert f"最近一步：{other} 于 2026-11-05 10:00 “审核通过”，申请现在为“已通过”" in words
    assert f"驳回原因 设备与纳税人登记信息不符 具体理由 {WORDS['text']}" in words
    assert fresh(case).status == CaseStatus.APPROVED


def test_a_withdrawn_application_is_told(holder: HallClient, case: ClearCardCase) -> None:
    ClearCardCase.objects.filter(pk=case.pk).update(status=CaseStatus.WITHDRAWN)
    answer = reject(holder, case)
    assert answer.status_code == 409
    assert "已撤回" in words_of(answer)
    assert WORDS["text"] in words_of(answer)


def test_a_session_that_ended_under_the_form_keeps_what_was_typed(
    holder: HallClient, case: ClearCardCase, freeze: Callable[[str], object]
) -> None:
    freeze("2026-11-05 10:16")
    body = urlencode(seen(case) | WORDS)
    url = address("reject", case)
    ended = holder.post(url, body, content_type="application/x-www-form-urlencoded")
    assert ended.status_code == 401
    assert "您填写的内容已保留两小时" in words_of(ended)
    assert fresh(case).status == CaseStatus.REVIEWING

    back = holder.post(reverse("admin:login"), sign_in_data(holder.user))
    assert back["Location"] == reverse("accounts:parked-form")
    kept = holder.get(back["Location"])
    assert WORDS["text"] in kept.content.decode()
    assert holder.post(url, seen(case) | WORDS).status_code == 302
    assert fresh(case).status == CaseStatus.REJECTED
