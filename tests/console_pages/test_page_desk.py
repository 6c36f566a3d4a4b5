"""The officers' desk: what waits, how long, and the numbers of the day."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import OfficerPost
from clearcard import services
from clearcard.choices import ClearKind, RejectReason
from clearcard.models import ClearCardCase
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed
from tests.factories.accounts import BureauFactory, OfficerPostFactory
from tests.factories.clearcard import reviewing_case
from tests.harness.clients import HallClient

DESK = reverse("admin:index")


def counts(client: HallClient) -> dict[str, int]:
    """Return the figures of the desk."""
    return {view["key"]: view["count"] for view in client.get(DESK).context["views"]}


def test_the_desk_counts_what_waits_and_names_the_oldest_first(
    officer: HallClient, case: ClearCardCase, later: Callable[..., None]
) -> None:
    later("2026-11-05 14:00", officer)
    special = reviewing_case(kind=ClearKind.SPECIAL)
    services.claim_case(actor=officer.user, case=special)
    assert counts(officer) == {
        "open": 2, "unclaimed": 1, "mine": 1, "due": 0, "answered": 0, "special": 1, "exceptions": 0, "done": 0,
    }  # fmt: skip
    answer = officer.get(DESK)
    assert [row["case"] for row in answer.context["rows"]] == [case, special]
    words = words_of(answer)
    assert "等待 4 小时" in words
    assert "认领有效至 14:30" in words
    assert "今天新到 2 件，您已办 0 件" in words


def test_what_was_decided_today_is_counted(officer: HallClient, case: ClearCardCase) -> None:
    seen = {"version": case.version, "reason_code": RejectReason.OTHER, "text": "请先办理变更"}
    services.reject_case(actor=officer.user, case=case, **seen)
    assert "您已办 1 件" in words_of(officer.get(DESK))
    assert counts(officer)["done"] == 1


def test_only_what_is_past_the_promise_is_red(
    officer: HallClient, case: ClearCardCase, later: Callable[..., None]
) -> None:
    later("2026-11-09 10:00", officer)
    near = officer.get(DESK)
    assert counts(officer)["due"] == 1
    assert "is-late" not in near.content.decode()
    later("2026-11-11 10:00", officer)
    late = officer.get(DESK)
    assert "有 1 件已超过承诺时限" in words_of(late)
    assert 'class="is-late"' in late.content.decode()


def test_an_empty_desk_says_so(officer: HallClient) -> None:
    words = words_of(officer.get(DESK))
    assert "没有待审核的申请" in words
    assert "您没有认领中的申请" in words


def test_looking_twice_changes_nothing(officer: HallClient, case: ClearCardCase) -> None:
    assert counts(officer) == counts(officer)


def test_another_district_sees_an_empty_desk(outsider: HallClient, case: ClearCardCase) -> None:
    assert set(counts(outsider).values()) == {0}
    assert case.number not in outsider.get(DESK).content.decode()


@pytest.mark.django_db
def test_others_are_sent_to_the_sign_in() -> None:
    assert_closed(DESK)


def test_an_officer_whose_post_ended_reads_why_nothing_is_there(officer: HallClient, case: ClearCardCase) -> None:
    OfficerPost.objects.filter(user=officer.user).update(is_active=False)
    answer = officer.get(DESK)
    assert answer.status_code == 403
    assert "您还没有税务岗位" in words_of(answer)
    assert case.number not in answer.content.decode()


def test_the_header_offers_officers_no_taxpayers_menus(officer: HallClient) -> None:
    page = officer.get(DESK).content.decode()
    assert "发票填开" not in page
    assert f'action="{reverse("admin:logout")}"' in page


def test_every_post_in_force_stands_in_the_head_of_the_console_and_of_the_site(officer: HallClient) -> None:
    OfficerPostFactory(user=officer.user, exception=True, bureau=BureauFactory(city=True))
    OfficerPostFactory(user=officer.user, auditor=True, ended=True)
    for address in (DESK, reverse("home")):
        words = words_of(officer.get(address))
        assert "审核岗 · 雁塔区" in words.replace("国家税务总局西安市", "")
        assert "异常处理岗 ·" in words
        assert "稽核岗 ·" not in words
