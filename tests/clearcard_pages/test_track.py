"""Following an application (U-36): the true word, the one thing to do, and a page that asks no more at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.errors import CardRefusedError
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import address, main_of, require_learns_nothing, text_of
from tests.factories.clearcard import ClearCardCaseFactory
from tests.harness.cards import PIN
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]
POLL = {"HX-Request": "true"}
# The word, and what it means for the disk, of every state a case can rest in.
TOLD = {
    CaseStatus.DRAFT: ("草稿", "申请还没有提交，没有改动设备"),
    CaseStatus.SUBMITTED: ("待审核", "系统正在自动核对；没有改动设备"),
    CaseStatus.REVIEWING: ("待审核", "已转税务人员审核；没有改动设备"),
    CaseStatus.RETURNED: ("待补正", "没有改动设备，其余内容都保留着"),
    CaseStatus.APPROVED: ("处理中", "还没有改动设备"),
    CaseStatus.COMMANDED: ("处理中", "还没有改动设备"),
    CaseStatus.SENDING: ("处理中", "清卡指令已发给设备，正在等设备的回执"),
    CaseStatus.REFUSED: ("未清卡", "设备拒绝了清卡指令，这条指令没有执行"),
    CaseStatus.IN_DOUBT: ("待核实", "盘上是否已清卡还不知道，系统会读卡核实"),
    CaseStatus.MANUAL: ("待核实", "已停止这块设备的清卡，由税务人员人工核实"),
    CaseStatus.REJECTED: ("未清卡", "申请被驳回，没有改动设备"),
    CaseStatus.WITHDRAWN: ("未清卡", "申请已撤回，没有改动设备"),
    CaseStatus.CLEARED: ("已清卡", "设备的回执已验签，新的锁死日期是 2026-12-15"),
}
RESTING = ("draft", "returned", "refused", "rejected", "withdrawn", "cleared")


@pytest.mark.parametrize("status", CaseStatus.values)
def test_each_state_is_told_truly_and_polls_only_while_it_can_move(scene: Scene, enter: Enter, status: str) -> None:
    scene.freeze("2026-11-05 10:00")
    case = ClearCardCaseFactory(status=status, device=scene.device)
    client = enter()
    page = client.get(address("detail", case))
    word, sentence = TOLD[CaseStatus(status)]
    words = main_of(page)
    assert word in words
    assert sentence in words
    poll = f'hx-get="{address("status", case)}?looks=1"'
    assert (poll in page.content.decode()) is (status not in RESTING)
    fragment = client.get(address("status", case), headers=POLL)
    assert word in text_of(fragment)
    assert "<html" not in fragment.content.decode()
    assert (fragment.headers.get("HX-Refresh") == "true") is (status in RESTING)


def test_the_looks_grow_rarer(case: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.submit(case)
    client = enter()

    def delay(looks: str) -> str:
        source = client.get(f"{address('status', case)}?looks={looks}", headers=POLL).content.decode()
        return source.split("load delay:")[1].split("s")[0]

    assert [delay(looks) for looks in ("0", "3", "6", "600")] == ["5", "10", "30", "30"]
    assert {delay(odd) for odd in ("", "-1", "x", "１e9", "9" * 5000)} == {"5"}


def test_a_case_goes_from_waiting_to_cleared_before_ones_eyes(case: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.submit(case)
    client = enter()

    def look() -> Any:
        return client.get(address("status", case), headers=POLL)

    assert "待审核" in text_of(look())
    services.review_case(case_id=case.pk)
    assert "审核已通过，系统正在排队联系设备，还没有改动设备" in text_of(look())
    services.execute_clear(case_id=case.pk)
    done = look()
    assert "已清卡" in text_of(done)
    assert done.headers["HX-Refresh"] == "true"
    page = client.get(address("detail", case))
    words = main_of(page)
    assert "锁死日期 2026-11-16（周一） → 2026-12-15（周二）" in words
    assert "新的所属期 2026 年 11 月" in words
    assert "清卡时间 2026-11-05 10:00 设备更新方式 大厅读卡器" in words
    assert "回执已验签：清卡次数 0 → 1；设备更新方式：大厅读卡器" in words
    for name in ("certificate", "certificate-pdf"):
        assert f'href="{address(name, case)}"' in page.content.decode(), "the result leads straight to its paper"
    assert "hx-get" not in page.content.decode()


def test_a_pulled_disk_is_waited_for_and_goes_on_when_it_is_read_again(
    month: Scene, case: ClearCardCase, enter: Enter, django_capture_on_commit_callbacks: Any
) -> None:
    month.submit(case)
    services.review_case(case_id=case.pk)
    month.rack.pull(month.device)
    services.execute_clear(case_id=case.pk)
    client = enter()
    words = main_of(client.get(address("detail", case)))
    assert "等待设备 " in words
    assert "还没有改动设备，正在等设备：没有读到这块税控设备，什么也没有发送" in words
    assert "请把设备插到电脑上，已经插着的请拔出重新插好；系统会自动继续，不用重新申请" in words
    assert "再试一次" not in words, "nobody is told to do what the hall does by itself"
    month.rack.insert(month.device)
    with django_capture_on_commit_callbacks() as rung:
        client.post(reverse("devices:device-read", args=[month.device.serial]))
    assert rung, "reading the disk rings for the case at once"
    services.execute_clear(case_id=case.pk)
    assert "已清卡" in main_of(client.get(address("detail", case)))
    assert month.counter() == 1


def test_a_locked_disk_asks_for_the_pin_and_goes_on_when_it_is_given(
    month: Scene,
    case: ClearCardCase,
    enter: Enter,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def locked(**_: Any) -> Any:
        raise CardRefusedError("disk.pin_required")

    month.submit(case)
    services.review_case(case_id=case.pk)
    with monkeypatch.context() as patched:
        patched.setattr(device_services, "begin_clear_on_card", locked)
        services.execute_clear(case_id=case.pk)
    client = enter()
    page = client.get(address("detail", case))
    unlock = reverse("devices:device-unlock", args=[month.device.serial])
    assert "正在等设备：设备还没有输入口令，没有执行，这次没有改动盘上数据" in main_of(page)
    assert "请输入设备口令打开设备；系统会自动继续，不用重新申请" in main_of(page)
    assert f'href="{unlock}?next={address("detail", case)}"' in page.content.decode()
    with django_capture_on_commit_callbacks() as rung:
        client.post(reverse("devices:device-read", args=[month.device.serial]))
        wrong = client.post(unlock, {"pin": "000000", "next": address("detail", case)})
    assert "设备口令错误，剩余 7 次；设备没有打开，这次没有改动盘上数据" in main_of(wrong)
    assert "次数用完后设备会锁定，系统不会替您重试" in main_of(wrong)
    services.execute_clear(case_id=case.pk)
    assert device_services.pin_tries_on_card(device=month.device) == 7, "the hall tried no PIN by itself"
    assert rung == [], "neither reading nor a wrong PIN opens the disk"
    with django_capture_on_commit_callbacks() as rung:
        assert client.post(unlock, {"pin": PIN, "next": address("detail", case)})["Location"] == address("detail", case)
    assert rung, "the right PIN rings for the case at once"
    services.execute_clear(case_id=case.pk)
    assert "已清卡" in main_of(client.get(address("detail", case)))


def test_the_disk_of_another_company_in_the_reader_is_told(
    month: Scene, case: ClearCardCase, make_scene: Callable[..., Scene], enter: Enter
) -> None:
    other = make_scene()
    month.freeze("2026-11-05 10:00")
    month.submit(case)
    services.review_case(case_id=case.pk)
    month.rack.swap(month.device, other.device)
    services.execute_clear(case_id=case.pk)
    words = main_of(enter().get(address("detail", case)))
    assert "等待设备 " in words
    assert "读卡器里的设备不能证明自己就是登记的那一块，已停止操作，什么也没有写入" in words
    assert "请确认插入的是本企业的设备" in words


def test_doubt_says_what_is_known_and_offers_no_button(month: Scene, case: ClearCardCase, enter: Enter) -> None:
    month.submit(case)
    services.review_case(case_id=case.pk)
    month.rack.faults(month.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    client = enter()
    page = client.get(address("detail", case))
    words = main_of(page)
    assert "指令发出后与设备的联系中断，盘上是否已清卡还不知道，系统会读卡核实" in words
    assert "请插好设备，不需要再点任何按钮" in words
    main = page.content.decode().split("<main")[1].split("</main>")[0]
    assert "<form" not in main
    month.rack.faults(month.device).clear()
    month.rack.pull(month.device)
    services.reconcile_case(case_id=case.pk)
    assert "下一次核实在 10:00:30" in main_of(client.get(address("detail", case)))
    month.rack.insert(month.device)
    month.freeze("2026-11-05 10:01")
    services.reconcile_case(case_id=case.pk)
    assert "已清卡" in main_of(client.get(address("detail", case)))
    assert month.counter() == 1


def test_the_list_shows_each_application_with_its_word(case: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.submit(case)
    words = main_of(enter().get(reverse("clearcard:case-list")))
    assert f"{case.number} {month.device} 2026 年 10 月 月度清卡 2026-11-05 10:00 待审核" in words
    assert "查看进度" in words


def test_without_script_the_status_leads_to_the_page(case: ClearCardCase, enter: Enter) -> None:
    assert enter().get(address("status", case))["Location"] == address("detail", case)


def test_an_issuer_follows_but_is_offered_nothing(case: ClearCardCase, month: Scene, enter: Enter) -> None:
    issuer = enter("issuer")
    assert "继续办理" not in main_of(issuer.get(address("detail", case)))
    month.submit(case)
    words = main_of(issuer.get(address("detail", case)))
    assert "待审核" in words
    assert "撤回申请" not in words


def test_an_outsider_learns_nothing(case: ClearCardCase, month: Scene, stranger: HallClient) -> None:
    month.submit(case)
    for name in ("detail", "status"):
        require_learns_nothing(stranger, name, month.fresh(case), {})
    assert case.number not in main_of(stranger.get(reverse("clearcard:case-list")))
