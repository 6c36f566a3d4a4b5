"""After handing in (U-35): number, time, what comes next and when, and the application as a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clearcard import services
from clearcard.models import ClearCardCase
from tests.clearcard.scene import Scene
from tests.clearcard.test_documents import text_of
from tests.clearcard_pages.pages import address, main_of, require_learns_nothing
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]


def test_the_receipt_says_what_comes_next_and_when(case: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.submit(case)
    page = enter().get(address("submitted", case))
    words = main_of(page)
    assert f"清卡申请已提交 {case.number} 提交时间 2026-11-05 10:00" in words
    assert "申请已收到，系统正在自动核对；没有改动设备" in words
    assert "一般一分钟内有结果，不需要操作；转税务人员审核的，最迟 2026-11-10 有结果" in words
    for name in ("detail", "application"):
        assert f'href="{address(name, case)}"' in page.content.decode()


def test_the_receipt_follows_the_case_until_it_rests(case: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.submit(case)
    client = enter()
    moving = client.get(address("submitted", case)).content.decode()
    assert f'hx-get="{address("submitted", case)}" hx-select="#next"' in moving
    assert '<noscript><meta http-equiv="refresh"' in moving
    services.review_case(case_id=case.pk)
    services.execute_clear(case_id=case.pk)
    at_rest = client.get(address("submitted", case)).content.decode()
    assert 'id="next"' in at_rest
    assert "hx-get" not in at_rest.split('id="next"')[1].split("</section>")[0]
    assert "http-equiv" not in at_rest


def test_the_application_is_a_file_that_says_what_was_handed_in(make_scene: Callable[..., Scene], enter: Enter) -> None:
    scene = make_scene(name="西安𠮷堃商贸有限公司")
    scene.month()
    case = scene.submit(scene.prepare())
    answer = HallClient().enter_as(scene.membership).get(address("application", case))
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "application/pdf", "no-store")
    assert f"QK{case.number[2:]}.pdf" in answer["Content-Disposition"]
    text = text_of(answer.content)
    for words in (case.number, "西安𠮷堃商贸有限公司", scene.taxpayer.number, "3,000.00"):
        assert words in text


def test_the_address_stays_valid_for_ever_and_tells_the_truth_of_the_day(
    case: ClearCardCase, month: Scene, enter: Enter
) -> None:
    month.submit(case)
    services.review_case(case_id=case.pk)
    services.execute_clear(case_id=case.pk)
    client = enter()
    for _ in range(2):
        page = client.get(address("submitted", case))
        words = main_of(page)
        assert "清卡申请已提交" in words
        assert "2026 年 10 月已清卡，设备的回执已验签，新的锁死日期是 2026-12-15" in words
        for name in ("certificate", "certificate-pdf", "detail"):
            assert f'href="{address(name, case)}"' in page.content.decode()


def test_before_the_hand_in_there_is_no_receipt_and_no_file(case: ClearCardCase, enter: Enter) -> None:
    client = enter()
    early = client.get(address("submitted", case), follow=True)
    assert early.redirect_chain == [(address("check", case), 302)]
    assert "这份申请还没有提交" in main_of(early)
    file = client.get(address("application", case), follow=True)
    assert file.redirect_chain == [(address("detail", case), 302)]
    assert "这份申请还没有提交，没有申请单；提交之后可以下载" in main_of(file)


def test_an_issuer_may_read_it(case: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.submit(case)
    issuer = enter("issuer")
    assert issuer.get(address("submitted", case)).status_code == 200
    assert issuer.get(address("application", case)).status_code == 200
    assert issuer.post(address("submitted", case)).status_code == 405


def test_an_outsider_learns_nothing(case: ClearCardCase, month: Scene, stranger: HallClient) -> None:
    month.submit(case)
    for name in ("submitted", "application"):
        require_learns_nothing(stranger, name, month.fresh(case), {})
