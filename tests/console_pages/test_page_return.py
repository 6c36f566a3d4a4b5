"""Returning for correction: marked items in the officer's words, previewed, sent once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from accounts.models import Notice
from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.shapes import ReturnedItem
from tests.console_pages.cases import address, seen, words_of
from tests.console_pages.people import assert_absent, assert_closed, assert_unchanged, enter, sign_in_data
from tests.harness.clients import HallClient

MARKED = {
    "target": ["explanation", "material:agent_id"],
    "words:explanation": "请说明差额的原因",
    "words:material:agent_id": "照片不清晰，请重新拍摄后上传",
    "note": "其他内容不用改",
}
LETTER = (
    "请补正以下 2 项后重新提交：1. 情况说明：请说明差额的原因；"
    "2. 经办人身份证复印件：照片不清晰，请重新拍摄后上传。说明：其他内容不用改。"
)


def send_back(client: HallClient, case: ClearCardCase, **changes: Any) -> Any:
    """Send the form as the page holds it."""
    return client.post(address("return", case), seen(case) | MARKED | changes)


def fresh(case: ClearCardCase) -> ClearCardCase:
    """Read the application again."""
    return ClearCardCase.objects.get(pk=case.pk)


def test_the_taxpayer_gets_the_letter_that_was_previewed(holder: HallClient, case: ClearCardCase) -> None:
    preview = holder.post(address("letter", case, "return"), seen(case) | MARKED, headers={"HX-Request": "true"})
    assert LETTER in words_of(preview)
    answer = send_back(holder, case)
    assert answer["Location"] == address("review", case)
    assert Notice.objects.get(kind="clear_returned").body == LETTER
    done = fresh(case)
    assert (done.status, done.claimed_by) == (CaseStatus.RETURNED, None)
    words = words_of(holder.get(answer["Location"]))
    assert "已退回补正，纳税人会收到通知" in words
    assert "经办人身份证复印件 照片不清晰，请重新拍摄后上传" in words
    assert "说明 其他内容不用改" in words


def test_words_without_a_tick_count_as_marked(holder: HallClient, case: ClearCardCase) -> None:
    send_back(holder, case, target=[])
    assert [item["target"] for item in fresh(case).returned_items] == ["explanation", "material:agent_id"]


def test_the_preview_without_script_keeps_everything_typed(holder: HallClient, case: ClearCardCase) -> None:
    answer = holder.post(address("letter", case, "return"), seen(case) | MARKED)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert LETTER in words_of(answer)
    assert 'value="照片不清晰，请重新拍摄后上传"' in page
    assert 'value="explanation" id="target-6" checked' in page
    assert "其他内容不用改</textarea>" in page
    assert_unchanged(fresh(case))


def test_an_empty_preview_says_what_will_stand_there(holder: HallClient, case: ClearCardCase) -> None:
    answer = holder.post(address("letter", case, "return"), {}, headers={"HX-Request": "true"})
    assert "这里显示将发给纳税人的通知原文" in words_of(answer)


def test_a_second_click_shows_the_same_decision(holder: HallClient, case: ClearCardCase) -> None:
    answers = [send_back(holder, case) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [address("review", case)] * 2
    assert Notice.objects.filter(kind="clear_returned").count() == 1
    assert fresh(case).transitions.filter(action="return").count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": [], "words:explanation": "", "words:material:agent_id": ""}, "请至少勾选一项"),
        ({"words:explanation": "  "}, "请写明需要补正什么"),
    ],
    ids=["nothing marked", "no words"],
)
def test_a_return_that_says_nothing_is_not_sent(
    holder: HallClient, case: ClearCardCase, changes: dict[str, Any], words: str
) -> None:
    answer = send_back(holder, case, **changes)
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert re.search(r'href="#(return-items|words-6)"', answer.content.decode())
    assert "其他内容不用改</textarea>" in answer.content.decode()
    assert fresh(case).status == CaseStatus.REVIEWING


def test_an_item_that_does_not_exist_is_left_out(holder: HallClient, case: ClearCardCase) -> None:
    send_back(holder, case, target=["explanation", "status"], **{"words:status": "cleared"})
    assert [item["target"] for item in fresh(case).returned_items] == ["explanation", "material:agent_id"]


def test_who_may_not_decide_reads_why(refused: dict[str, tuple[HallClient, str]], case: ClearCardCase) -> None:
    for client, reason in refused.values():
        answer = send_back(client, case)
        assert answer.status_code == 403
        assert reason in words_of(answer)
    assert_unchanged(case)
    assert not Notice.objects.exists()


def test_others_are_sent_to_the_sign_in(case: ClearCardCase) -> None:
    assert_closed(address("return", case), seen(case) | MARKED, company=case.taxpayer)
    assert_closed(address("letter", case, "return"), MARKED, company=case.taxpayer)
    assert_unchanged(case)


def test_another_district_finds_nothing(outsider: HallClient, case: ClearCardCase) -> None:
    assert_absent(outsider, "return", case, seen(case) | MARKED)
    assert_absent(outsider, "letter", case, MARKED, "return")
    assert_unchanged(case)


def test_a_letter_of_no_decision_is_absent(officer: HallClient, case: ClearCardCase) -> None:
    assert officer.post(address("letter", case, "approve"), {}).status_code == 404
    assert officer.get(address("letter", case, "return"))["Location"] == address("review", case)


def test_what_another_decided_meanwhile_is_told_and_what_was_typed_stays(
    holder: HallClient, case: ClearCardCase
) -> None:
    services.release_case(actor=holder.user, case=case)
    other = enter().user
    items = [ReturnedItem("kind", "请改为季度清卡")]
    services.return_case(actor=other, case=case, version=case.version, items=items)
    answer = send_back(holder, case)
    assert answer.status_code == 409
    words = words_of(answer)
    assert "这份申请已有变化，您的操作没有保存" in words
    assert f"{other} 于 2026-11-05 10:00 “退回补正”" in words
    assert "总体说明 其他内容不用改 情况说明 请说明差额的原因" in words
    assert fresh(case).returned_items == [{"target": "kind", "words": "请改为季度清卡"}]


def test_an_old_page_keeps_its_form_and_says_that_the_content_is_new(holder: HallClient, case: ClearCardCase) -> None:
    answer = send_back(holder, case, digest="f" * 64)
    assert answer.status_code == 409
    assert "您填写的内容还在下面的表单里" in words_of(answer)
    assert 'value="请说明差额的原因"' in answer.content.decode()
    assert fresh(case).status == CaseStatus.REVIEWING


def test_a_colleague_who_took_it_over_is_named(holder: HallClient, case: ClearCardCase) -> None:
    services.release_case(actor=holder.user, case=case)
    other = enter().user
    services.claim_case(actor=other, case=case)
    answer = send_back(holder, case)
    assert answer.status_code == 409
    assert f"已由 {other} 认领，您的操作没有保存" in words_of(answer)
    assert "情况说明 请说明差额的原因" in words_of(answer)


def test_a_session_that_ended_while_typing_keeps_what_was_typed(
    holder: HallClient, case: ClearCardCase, freeze: Callable[[str], object]
) -> None:
    freeze("2026-11-05 10:16")
    url = address("letter", case, "return")
    body = urlencode(seen(case) | MARKED, doseq=True)
    ended = holder.post(
        url, body, "application/x-www-form-urlencoded", headers={"HX-Request": "true", "Hall-Keep-Form": "yes"}
    )
    assert (ended.status_code, ended["HX-Redirect"].split("?")[0]) == (204, reverse("admin:login"))

    back = holder.post(reverse("admin:login"), sign_in_data(holder.user))
    kept = holder.get(back["Location"]).content.decode()
    assert f'action="{url}"' in kept
    assert "照片不清晰，请重新拍摄后上传" in kept
    page = holder.post(url, seen(case) | MARKED)
    assert LETTER in words_of(page)
    assert 'value="照片不清晰，请重新拍摄后上传"' in page.content.decode()
