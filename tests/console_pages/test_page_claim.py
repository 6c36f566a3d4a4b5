"""Taking an application from the queue, keeping it for a while, and giving it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from clearcard import services
from clearcard.choices import RejectReason
from clearcard.models import ClearCardCase
from tests.console_pages.cases import address, words_of
from tests.console_pages.people import assert_absent, assert_closed, assert_unchanged, enter
from tests.harness.clients import HallClient

ACTS = pytest.mark.parametrize("act", ["claim", "release"])


def claimer(case: ClearCardCase) -> object:
    """Return who holds the application now."""
    return ClearCardCase.objects.get(pk=case.pk).claimed_by


def test_claiming_leads_to_the_review_with_the_time_it_holds(officer: HallClient, case: ClearCardCase) -> None:
    answer = officer.post(address("claim", case), follow=True)
    assert answer.redirect_chain == [(address("review", case), 302)]
    words = words_of(answer)
    assert "您已认领这份申请" in words
    assert "您，有效至 10:30" in words
    assert "审核通过" in words


def test_claiming_again_prolongs(holder: HallClient, case: ClearCardCase, later: Callable[..., None]) -> None:
    later("2026-11-05 10:20", holder)
    assert "有效至 10:50" in words_of(holder.post(address("claim", case), follow=True))
    assert AuditEvent.objects.filter(action="clearcard.case_claimed").count() == 2


def test_giving_back_frees_it_and_doing_so_twice_changes_nothing(holder: HallClient, case: ClearCardCase) -> None:
    for _ in range(2):
        answer = holder.post(address("release", case), follow=True)
        assert "已释放，其他人可以认领" in words_of(answer)
    assert claimer(case) is None
    assert AuditEvent.objects.filter(action="clearcard.case_released").count() == 1


def test_giving_back_from_the_queue_leads_back_to_it(holder: HallClient, case: ClearCardCase) -> None:
    answer = holder.post(address("release", case), {"from": "queue"})
    assert answer["Location"] == reverse("admin:clearcard-queue")


def test_another_officer_reads_who_has_it(holder: HallClient, case: ClearCardCase) -> None:
    colleague = enter()
    words = words_of(colleague.get(address("review", case)))
    assert f"{holder.user} 正在办理这份申请，认领有效至 10:30" in words
    assert "审核通过" not in words
    for act in ("claim", "release"):
        answer = colleague.post(address(act, case))
        assert answer.status_code == 409
        assert f"已由 {holder.user} 认领，您的操作没有保存" in words_of(answer)
    assert claimer(case) == holder.user


def test_after_the_time_it_goes_to_whoever_asks(
    holder: HallClient, case: ClearCardCase, later: Callable[..., None]
) -> None:
    later("2026-11-05 10:31", holder)
    assert "未认领" in words_of(holder.get(address("review", case)))
    colleague = enter()
    assert colleague.post(address("claim", case)).status_code == 302
    assert claimer(case) == colleague.user


@ACTS
def test_who_may_not_decide_may_not_take_it_either(
    refused: dict[str, tuple[HallClient, str]], case: ClearCardCase, act: str
) -> None:
    for client, reason in refused.values():
        assert "认领这份申请" not in words_of(client.get(address("review", case)))
        answer = client.post(address(act, case))
        assert answer.status_code == 403
        assert reason in words_of(answer)
    assert_unchanged(case)


@ACTS
def test_others_are_sent_to_the_sign_in(case: ClearCardCase, act: str) -> None:
    assert_closed(address(act, case), {}, company=case.taxpayer)
    assert_unchanged(case)


@ACTS
def test_another_district_finds_nothing(outsider: HallClient, case: ClearCardCase, act: str) -> None:
    assert_absent(outsider, act, case, {})
    assert_unchanged(case)


def test_what_was_decided_meanwhile_cannot_be_taken(officer: HallClient, case: ClearCardCase) -> None:
    other = enter().user
    seen = {"version": case.version, "reason_code": RejectReason.OTHER, "text": "请先办理变更"}
    services.reject_case(actor=other, case=case, **seen)
    answer = officer.post(address("claim", case))
    assert answer.status_code == 409
    assert "这份申请已有变化" in words_of(answer)
    assert f"最近一步：{other} 于 2026-11-05 10:00 “驳回”" in words_of(answer)


@ACTS
def test_opening_the_address_of_the_act_only_shows_the_page(
    officer: HallClient, outsider: HallClient, case: ClearCardCase, act: str
) -> None:
    assert officer.get(address(act, case))["Location"] == address("review", case)
    assert outsider.get(address(act, case)).status_code == 404
    assert_unchanged(case)
