"""The queue: its views and counts, what each row says, and news that never move the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Post
from clearcard import selectors, services
from clearcard.choices import CaseAction, CaseStatus, ClearKind
from clearcard.models import CaseTransition, ClearCardCase
from clearcard.shapes import ReturnedItem
from tests.console_pages.cases import differing_case, words_of
from tests.console_pages.people import assert_closed, enter
from tests.factories.clearcard import ClearCardCaseFactory, reviewing_case
from tests.harness.clients import HallClient

QUEUE = reverse("admin:clearcard-queue")
NEWS = reverse("admin:clearcard-queue-news")


def shown(client: HallClient, view: str) -> list[ClearCardCase]:
    """Return the applications of a view, as the page lists them."""
    return [row["case"] for row in client.get(QUEUE, {"view": view}).context["rows"]]


def test_a_row_says_all_that_a_choice_needs(officer: HallClient, differing: ClearCardCase) -> None:
    words = words_of(officer.get(QUEUE))
    for part in (
        differing.number,
        differing.taxpayer.name,
        differing.taxpayer.number,
        "月度清卡",
        "2026 年 10 月",
        "1 行不一致，设备比台账 +500.00 元",
        "设备、台账、申报核对：普票 1%",
        "2026-11-05 10:00",
        "等待不到 1 小时",
        "待审核",
    ):
        assert part in words


def test_the_longest_waiting_comes_first(officer: HallClient, case: ClearCardCase, later: Callable[..., None]) -> None:
    later("2026-11-05 11:00", officer)
    younger = reviewing_case()
    assert shown(officer, "open") == [case, younger]


def test_each_view_holds_its_own(officer: HallClient, case: ClearCardCase) -> None:
    special = reviewing_case(kind=ClearKind.SPECIAL)
    doubtful = ClearCardCaseFactory(status=CaseStatus.IN_DOUBT)
    services.claim_case(actor=officer.user, case=case)
    services.claim_case(actor=enter().user, case=special)
    assert shown(officer, "mine") == [case]
    assert shown(officer, "unclaimed") == []
    assert shown(officer, "special") == [special]
    assert shown(officer, "exceptions") == [doubtful]
    assert set(shown(officer, "open")) == {case, special}


def test_what_came_back_after_a_return_has_a_view(officer: HallClient, case: ClearCardCase) -> None:
    items = [ReturnedItem("explanation", "请说明")]
    services.return_case(actor=officer.user, case=case, version=case.version, items=items)
    assert shown(officer, "done") == [case]
    ClearCardCase.objects.filter(pk=case.pk).update(status=CaseStatus.SUBMITTED, round=2)
    ClearCardCase.objects.filter(pk=case.pk).update(status=CaseStatus.REVIEWING, decided_at=None)
    assert shown(officer, "answered") == [case]
    assert shown(enter(), "answered") == []


def test_what_is_nearly_late_has_a_view(officer: HallClient, case: ClearCardCase, later: Callable[..., None]) -> None:
    later("2026-11-06 10:00", officer)
    assert shown(officer, "due") == []
    later("2026-11-09 10:00", officer)
    reviewing_case()
    assert shown(officer, "due") == [case]
    later("2026-11-11 10:00", officer)
    assert "等待 6 天，已超时" in words_of(officer.get(QUEUE, {"view": "due"}))


def test_who_has_it_and_until_when(officer: HallClient, holder: HallClient, case: ClearCardCase) -> None:
    own = officer.get(QUEUE)
    assert f"{officer.user} 有效至 10:30" in words_of(own)
    assert reverse("admin:clearcard-release", args=[case.number]) in own.content.decode()
    others = enter().get(QUEUE).content.decode()
    assert reverse("admin:clearcard-release", args=[case.number]) not in others
    assert reverse("admin:clearcard-claim", args=[case.number]) not in others


def test_a_claim_that_ran_out_is_free_again(
    holder: HallClient, case: ClearCardCase, freeze: Callable[[str], datetime]
) -> None:
    freeze("2026-11-05 10:31")
    colleague = enter()
    assert reverse("admin:clearcard-claim", args=[case.number]) in colleague.get(QUEUE).content.decode()
    assert shown(colleague, "unclaimed") == [case]


def test_an_auditor_reads_the_queue_and_claims_nothing(case: ClearCardCase) -> None:
    page = enter(post=Post.AUDITOR).get(QUEUE)
    assert case.number in words_of(page)
    assert reverse("admin:clearcard-claim", args=[case.number]) not in page.content.decode()


def test_another_district_sees_nothing(outsider: HallClient, case: ClearCardCase) -> None:
    answer = outsider.get(QUEUE)
    assert case.number not in answer.content.decode()
    assert "这个视图里没有申请" in words_of(answer)


@pytest.mark.django_db
def test_others_are_sent_to_the_sign_in() -> None:
    assert_closed(QUEUE)
    assert_closed(NEWS)


@pytest.mark.parametrize("query", [{"view": "no such"}, {"page": "99"}, {"page": "-1"}, {"page": "x"}])
def test_an_address_that_makes_no_sense_shows_the_queue(
    officer: HallClient, case: ClearCardCase, query: dict[str, str]
) -> None:
    answer = officer.get(QUEUE, query)
    assert answer.status_code == 200
    assert answer.context["current_view"] == "open"
    assert case.number in words_of(answer)


def test_a_longer_queue_asks_no_more_of_the_database(officer: HallClient, case: ClearCardCase) -> None:
    officer.get(QUEUE)
    with CaptureQueriesContext(connection) as few:
        officer.get(QUEUE)
    for _ in range(6):
        differing_case()
    with CaptureQueriesContext(connection) as many:
        officer.get(QUEUE)
    assert len(many) == len(few)


def news(client: HallClient, since: Any) -> str:
    """Ask what came in since a moment."""
    return words_of(client.get(NEWS, {"view": "open", "since": since}))


def test_news_are_told_without_moving_the_rows(
    officer: HallClient, outsider: HallClient, case: ClearCardCase, freeze: Callable[[str], datetime]
) -> None:
    looked_at = officer.get(QUEUE).context["looked_at"]
    assert news(officer, looked_at) == ""
    freeze("2026-11-05 10:05")
    fresh = reviewing_case()
    CaseTransition.objects.create(
        case=fresh, sequence=1, source="submitted", target="reviewing", action=CaseAction.START_REVIEW
    )
    assert news(officer, looked_at) == "有 1 条新申请， 刷新"
    assert news(outsider, looked_at) == ""


def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    officer: HallClient, freeze: Callable[[str], datetime]
) -> None:
    for moment, status in (("2026-11-05 10:08", 200), ("2026-11-05 10:14", 200), ("2026-11-05 10:16", 204)):
        freeze(moment)
        answer = officer.get(NEWS, headers={"HX-Request": "true", "Hall-By-Itself": "yes"})
        assert answer.status_code == status
    assert "Hall-By-Itself" in officer.enter_as_officer(officer.user).get(QUEUE).content.decode()


@pytest.mark.parametrize("since", ["", "yesterday", "2026-13-45T99:00", "2026-11-05T10:00"])
def test_a_moment_that_is_none_brings_no_news(officer: HallClient, case: ClearCardCase, since: str) -> None:
    assert news(officer, since) == ""


def test_the_queue_names_late_and_near_by_the_work_calendar(freeze: Callable[[str], datetime], db: None) -> None:
    freeze("2026-10-09 10:00")
    assert str(selectors.late_submission_day()) == "2026-09-28"
    assert str(selectors.due_submission_day()) == "2026-10-07"
