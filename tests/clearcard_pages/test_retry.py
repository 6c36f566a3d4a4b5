"""Asking for another run after the disk refused: once, by who may, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.errors import CardRefusedError
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import address, main_of, require_learns_nothing
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]


@pytest.fixture
def refused(case: ClearCardCase, month: Scene, monkeypatch: pytest.MonkeyPatch) -> ClearCardCase:
    """Return an application whose clear the disk refused."""

    def says_no(**_: Any) -> Any:
        raise CardRefusedError("disk.token_invalid")

    month.submit(case)
    services.review_case(case_id=case.pk)
    with monkeypatch.context() as patched:
        patched.setattr(device_services, "apply_clear_on_card", says_no)
        services.execute_clear(case_id=case.pk)
    return month.fresh(case)


def test_the_refusal_says_why_and_offers_another_run(refused: ClearCardCase, month: Scene, enter: Enter) -> None:
    client = enter()
    words = main_of(client.get(address("detail", refused)))
    assert f"设备拒绝了清卡指令，这条指令没有执行：{refused.failure_text}" in words
    assert "请处理后点“重新执行清卡”，不用重新申请" in words
    answer = client.post(address("retry", refused), follow=True)
    assert answer.redirect_chain == [(address("detail", refused), 302)]
    assert "处理中" in main_of(answer)
    services.execute_clear(case_id=refused.pk)
    assert "已清卡" in main_of(client.get(address("detail", refused)))
    assert month.counter() == 1


def test_pressing_twice_runs_once(refused: ClearCardCase, month: Scene, enter: Enter) -> None:
    client = enter()
    for _ in range(3):
        assert client.post(address("retry", refused)).status_code == 302
    assert [each.action for each in refused.transitions.all()].count("retry") == 1
    services.execute_clear(case_id=refused.pk)
    late = client.post(address("retry", refused), follow=True)
    assert "申请现在是“已清卡”，不需要重新执行；什么也没有发送" in main_of(late)
    assert month.counter() == 1


def test_it_is_no_link(refused: ClearCardCase, enter: Enter) -> None:
    assert enter().get(address("retry", refused)).status_code == 405


def test_an_issuer_may_not(refused: ClearCardCase, enter: Enter) -> None:
    issuer = enter("issuer")
    assert "重新执行清卡</button>" not in issuer.get(address("detail", refused)).content.decode()
    assert issuer.post(address("retry", refused)).status_code == 403
    refused.refresh_from_db()
    assert refused.status == CaseStatus.REFUSED


def test_an_outsider_learns_nothing(refused: ClearCardCase, stranger: HallClient) -> None:
    require_learns_nothing(stranger, "retry", refused, {})
