"""Taking an application back: asked first, possible until it is decided, harmless when pressed again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import address, main_of, require_learns_nothing
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]


@pytest.fixture
def submitted(case: ClearCardCase, month: Scene) -> ClearCardCase:
    """Return an application that was handed in."""
    return month.submit(case)


def test_it_is_asked_first_and_said_what_it_means(submitted: ClearCardCase, enter: Enter) -> None:
    client = enter()
    asked = main_of(client.get(address("withdraw", submitted)))
    assert f"您将撤回 2026 年 10 月的申请 {submitted.number}" in asked
    assert "撤回后税务机关不再审核，撤回不改动设备，锁死日期不变。本期仍需清卡" in asked
    submitted.refresh_from_db()
    assert submitted.status == CaseStatus.SUBMITTED
    done = client.post(address("withdraw", submitted), follow=True)
    assert "申请已撤回，没有改动设备" in main_of(done)
    assert "未清卡" in main_of(done)


def test_pressing_twice_takes_back_once_and_another_application_can_follow(
    submitted: ClearCardCase, month: Scene, enter: Enter
) -> None:
    first, second = enter(), enter()
    for client in (first, first, second):
        assert client.post(address("withdraw", submitted))["Location"] == address("detail", submitted)
    assert [each.action for each in submitted.transitions.all()].count("withdraw") == 1
    page = first.get(address("detail", submitted))
    assert "重新申请</button>" in page.content.decode()
    assert "重新申请</button>" not in enter("issuer").get(address("detail", submitted)).content.decode()
    first.post(reverse("clearcard:case-start"), {"serial": month.device.serial, "period": "2026-10"})
    assert ClearCardCase.objects.exclude(pk=submitted.pk).get().status == CaseStatus.DRAFT


def test_too_late_is_told_and_the_disk_is_cleared_all_the_same(submitted: ClearCardCase, enter: Enter) -> None:
    services.review_case(case_id=submitted.pk)
    client = enter()
    for send in (client.get, client.post):
        answer = send(address("withdraw", submitted), follow=True)
        assert answer.redirect_chain == [(address("detail", submitted), 302)]
        assert "申请现在是“处理中”，不能撤回；这里是最新进度" in main_of(answer)
    services.execute_clear(case_id=submitted.pk)
    submitted.refresh_from_db()
    assert submitted.status == CaseStatus.CLEARED


def test_an_issuer_may_not_take_back(submitted: ClearCardCase, enter: Enter) -> None:
    issuer = enter("issuer")
    assert issuer.get(address("withdraw", submitted)).status_code == 403
    assert issuer.post(address("withdraw", submitted)).status_code == 403
    submitted.refresh_from_db()
    assert submitted.status == CaseStatus.SUBMITTED


def test_an_outsider_learns_nothing(submitted: ClearCardCase, stranger: HallClient) -> None:
    require_learns_nothing(stranger, "withdraw", submitted, {})
