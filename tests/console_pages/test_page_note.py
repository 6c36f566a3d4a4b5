"""Internal notes: written by officers who may decide, never seen by the taxpayer."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from clearcard import selectors
from clearcard.choices import CaseStatus
from clearcard.models import CaseNote, ClearCardCase
from tests.console_pages.cases import address, words_of
from tests.console_pages.people import assert_absent, assert_closed
from tests.factories.accounts import MembershipFactory
from tests.factories.clearcard import ClearCardCaseFactory
from tests.harness.clients import HallClient


def test_a_note_is_kept_with_author_and_time(officer: HallClient, case: ClearCardCase) -> None:
    answer = officer.post(address("note", case), {"text": "已电话核实\n明日回访"}, follow=True)
    words = words_of(answer)
    assert "备注已保存" in words
    assert f"{officer.user} 2026-11-05 10:00 已电话核实 明日回访" in words
    assert CaseNote.objects.get().text == "已电话核实\n明日回访"


def test_markup_in_a_note_is_only_text(officer: HallClient, case: ClearCardCase) -> None:
    page = officer.post(address("note", case), {"text": "<script>alert(1)</script>"}, follow=True).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_note_needs_no_claim_and_holds_nobody_up(officer: HallClient, case: ClearCardCase) -> None:
    officer.post(address("note", case), {"text": "备注"})
    assert ClearCardCase.objects.get(pk=case.pk).version == case.version


def test_the_same_words_twice_are_two_notes_because_notes_are_never_changed(
    officer: HallClient, case: ClearCardCase
) -> None:
    for _ in range(2):
        assert officer.post(address("note", case), {"text": "备注"}).status_code == 302
    assert CaseNote.objects.count() == 2


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_note_is_refused_at_its_field(officer: HallClient, case: ClearCardCase, text: str) -> None:
    answer = officer.post(address("note", case), {"text": text})
    assert answer.status_code == 422
    assert "请填写备注内容" in words_of(answer)
    field = re.search(r'<textarea[^>]*id="note-text"[^>]*>', answer.content.decode())
    assert field is not None
    assert 'aria-invalid="true"' in field[0]
    assert not CaseNote.objects.exists()


def test_the_taxpayer_never_sees_it(officer: HallClient, case: ClearCardCase) -> None:
    officer.post(address("note", case), {"text": "疑似虚开，留意"})
    member = MembershipFactory(taxpayer=case.taxpayer, finance=True)
    page = HallClient().enter_as(member).get(reverse("clearcard:case-detail", args=[case.number]))
    assert page.status_code == 200
    assert "疑似虚开" not in page.content.decode()
    assert all("疑似虚开" not in event.note for event in selectors.timeline(case))


def test_who_may_not_decide_reads_why_and_what_was_typed(
    refused: dict[str, tuple[HallClient, str]], case: ClearCardCase
) -> None:
    for client, reason in refused.values():
        answer = client.post(address("note", case), {"text": "我的意见"})
        assert answer.status_code == 403
        assert reason in words_of(answer)
        assert "您刚才填写的内容（没有保存，可复制） 备注内容 我的意见" in words_of(answer)
    assert not CaseNote.objects.exists()


def test_others_are_sent_to_the_sign_in(case: ClearCardCase) -> None:
    assert_closed(address("note", case), {"text": "备注"}, company=case.taxpayer)
    assert not CaseNote.objects.exists()


def test_another_district_finds_nothing(outsider: HallClient, case: ClearCardCase) -> None:
    assert_absent(outsider, "note", case, {"text": "备注"})
    assert not CaseNote.objects.exists()


def test_a_decided_application_still_takes_notes(officer: HallClient) -> None:
    case = ClearCardCaseFactory(status=CaseStatus.IN_DOUBT)
    assert officer.post(address("note", case), {"text": "已联系纳税人保持设备在线"}).status_code == 302
    assert "已联系纳税人" in words_of(officer.get(address("review", case)))
