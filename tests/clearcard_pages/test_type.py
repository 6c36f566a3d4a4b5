"""Choosing the type of clearing (U-31): the proper one is suggested, an impossible one says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clearcard import services
from clearcard.choices import CaseStatus, ClearKind
from clearcard.models import ClearCardCase
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import address, main_of, require_learns_nothing
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]


@pytest.fixture
def begun(scene: Scene) -> ClearCardCase:
    """Return an application that was just begun, in the filing season."""
    scene.freeze("2026-11-05 10:00")
    return services.start_case(actor=scene.user, device=scene.device)


def test_the_proper_type_is_chosen_already_with_its_reason(begun: ClearCardCase, enter: Enter) -> None:
    client = enter()
    page = client.get(address("type", begun))
    words, source = main_of(page), page.content.decode()
    assert "您按月申报，本次清 2026 年 10 月" in words
    assert source.count(" checked>") == 1
    assert source.count(" disabled>") == 3
    assert "不能选择：您按月申报，没有季度申报" in words
    assert client.post(address("type", begun), {"kind": "monthly"})["Location"] == address("verify", begun)
    begun.refresh_from_db()
    assert begun.kind == ClearKind.MONTHLY


def test_choosing_twice_or_in_two_tabs_keeps_one_choice(begun: ClearCardCase, enter: Enter) -> None:
    for client in (enter(), enter()):
        for _ in range(2):
            assert client.post(address("type", begun), {"kind": "monthly"}).status_code == 302
    begun.refresh_from_db()
    assert (begun.kind, begun.status) == (ClearKind.MONTHLY, CaseStatus.DRAFT)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("quarterly", "您按月申报，没有季度申报，每月办理月度清卡即可"),
        ("annual", "年度清卡只在 1 月清上年 12 月时使用，本次清的是 2026 年 10 月"),
        ("special", "设备没有逾期（锁死日期 2026-11-16）"),
        ("weekly", "请从列出的选项中选择清卡类型"),
        ("", "请选择清卡类型"),
    ],
)
def test_an_impossible_type_says_why_and_nothing_is_saved(
    begun: ClearCardCase, enter: Enter, kind: str, words: str
) -> None:
    answer = enter().post(address("type", begun), {"kind": kind} if kind else {"special_reason": ""})
    assert answer.status_code == 422
    assert words in main_of(answer)
    assert "请先处理以下问题" in main_of(answer)
    begun.refresh_from_db()
    assert begun.kind == ""


def test_after_the_lock_date_only_the_special_type_is_left_and_asks_why(
    begun: ClearCardCase, scene: Scene, enter: Enter
) -> None:
    scene.freeze("2026-11-20 10:00")
    client = enter()
    words = main_of(client.get(address("type", begun)))
    assert "设备已过锁死日期 2026-11-16，请选择特殊清卡（逾期未清卡）" in words
    assert "特殊清卡由两名税务人员复核，时间较长" in words
    refused = client.post(address("type", begun), {"kind": "special"})
    assert refused.status_code == 422
    assert "请选择特殊清卡的原因" in main_of(refused)
    answer = client.post(address("type", begun), {"kind": "special", "special_reason": "overdue"})
    assert answer["Location"] == address("special", begun)
    begun.refresh_from_db()
    assert (begun.kind, begun.special_reason) == ("special", "overdue")


def test_an_issuer_may_not_choose(begun: ClearCardCase, enter: Enter) -> None:
    issuer = enter("issuer")
    for answer in (issuer.get(address("type", begun)), issuer.post(address("type", begun), {"kind": "monthly"})):
        assert answer.status_code == 403
        assert "请由法定代表人、财务负责人、管理员或办税员办理" in main_of(answer)
    begun.refresh_from_db()
    assert begun.kind == ""


def test_an_outsider_learns_nothing(begun: ClearCardCase, stranger: HallClient) -> None:
    require_learns_nothing(stranger, "type", begun, {"kind": "monthly"})
