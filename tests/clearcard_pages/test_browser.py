"""The taxpayer's whole way in a real browser: every screen wide and narrow, without script, by keyboard alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from clearcard import services
from clearcard.choices import CaseStatus, MaterialKind
from clearcard.models import Certificate, ClearCardCase
from clearcard.shapes import ReturnedItem
from devices import services as device_services
from devices.errors import CardRefusedError
from tests.clearcard.scene import Scene, picture
from tests.clearcard_pages.pages import address
from tests.clearcard_pages.test_verify import forget
from tests.clearcard_pages.walker import Walker
from tests.factories.accounts import PASSWORD, OfficerFactory
from tests.factories.clearcard import ClearCardCaseFactory
from tests.harness.browser import DESKTOP, sign_in
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHOTO = {"name": "证件.png", "mimeType": "image/png", "buffer": picture()}
NO_PDF = {"name": "证件.pdf", "mimeType": "application/pdf", "buffer": b"<html>"}


@pytest.fixture
def walker(page: Page, transactional_db: None, scene: Scene, live_server: object) -> Walker:
    """Return a browser of the finance head whose company has issued two invoices and done nothing else."""
    scene.issue()
    scene.issue("2000.00", kind="004")
    scene.freeze("2026-11-05 10:00")
    sign_in(page, HallClient().enter_as(scene.membership), str(live_server))
    return Walker(page, str(live_server))


def test_every_screen_up_to_the_hand_in(walker: Walker, scene: Scene) -> None:
    page = walker.page
    walker.go("/clear/")
    walker.look("list", "抄报清卡")
    walker.press("办理清卡")
    walker.look("prepare-lacking", "准备清卡")
    walker.press("重新读卡并检查")
    expect(page.get_by_text("已读到设备，检查结果是刚刚测得的")).to_be_visible()
    scene.report()
    scene.file()
    page.reload()
    walker.look("prepare", "准备清卡")
    walker.follow("继续")
    walker.look("type", "选择清卡类型")
    walker.press("继续")
    walker.look("verify", "核对开票信息")
    walker.press("确认并继续")
    walker.look("verify-error", "核对开票信息", status=422)
    for box in page.get_by_role("checkbox").all():
        box.check()
    walker.press("确认并继续")
    walker.look("fill", "填写信息并上传材料")
    fill_with_mistakes(walker)
    walker.press("保存并继续")
    check_with_mistakes(walker, scene)
    walker.look("submitted", "清卡申请已提交")
    walker.require_silence()


def fill_with_mistakes(walker: Walker) -> None:
    """Bring a paper that is none, type what is no amount, look at both refusals, and put them right."""
    page = walker.page
    page.get_by_label("情况说明").fill("本月新开业务")
    page.locator("#id_paper_agent_id").set_input_files(NO_PDF)  # type: ignore[arg-type]
    expect(page.locator("#paper-agent_id")).to_contain_text("内容却是网页，没有保存")
    expect(page.get_by_label("情况说明")).to_have_value("本月新开业务")
    walker.require_silence(422)
    walker.said.clear()
    walker.look("fill-paper-refused", "填写信息并上传材料")
    page.get_by_label("开票金额").fill("十万")
    walker.press("保存并继续")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    walker.look("fill-error", "填写信息并上传材料", status=422)
    page.get_by_label("开票金额").fill("3000")
    for kind in MaterialKind:
        page.locator(f"#id_paper_{kind.value}").set_input_files(PHOTO)  # type: ignore[arg-type]
        expect(page.locator(f"#paper-{kind.value}")).to_contain_text("已就绪")
        expect_settled(page)
    page.get_by_label("情况说明").fill("本月新开业务")


def check_with_mistakes(walker: Walker, scene: Scene) -> None:
    """Forget the declaration and the password, look at the refusal, and hand in."""
    walker.look("check", "检查并提交清卡申请")
    scene.freeze("2026-11-05 10:10")
    walker.press("提交清卡申请")
    walker.look("check-error", "检查并提交清卡申请", status=422)
    walker.page.get_by_label("我声明").check()
    walker.page.get_by_label("登录密码").fill(PASSWORD)
    walker.press("提交清卡申请")


@pytest.fixture
def waiting(walker: Walker, scene: Scene) -> ClearCardCase:
    """Return an application that was handed in with words of explanation, so that a person looks at it."""
    scene.report()
    scene.file()
    return scene.submit(scene.prepare(explanation="本月新开业务"))


def test_every_screen_up_to_the_certificate(walker: Walker, waiting: ClearCardCase, scene: Scene) -> None:
    case, heading = waiting, "2026 年 10 月 月度清卡"
    walker.go(address("detail", case))
    walker.look("track-waiting", heading)
    walker.follow("撤回申请")
    walker.look("withdraw", "撤回清卡申请")
    services.review_case(case_id=case.pk)
    walker.go(address("detail", case))
    walker.look("track-officer", heading)
    send_back_and_put_right(walker, case, scene)
    walker.go(address("detail", case))
    walker.look("track-under-way", heading)
    scene.rack.pull(scene.device)
    services.execute_clear(case_id=case.pk)
    walker.page.reload()
    walker.look("track-disk", heading)
    doubt(case, scene)
    walker.page.reload()
    walker.look("track-doubt", heading)
    services.reconcile_case(case_id=case.pk)
    # The page looks by itself, and reads itself anew once there is nothing more to wait for.
    expect(walker.page.locator(".status-word")).to_have_text("已清卡", timeout=15_000)
    expect(walker.page.get_by_text("清卡完成", exact=True)).to_be_visible()
    walker.look("track-cleared", heading)
    look_at_the_certificate(walker, case)


def send_back_and_put_right(walker: Walker, case: ClearCardCase, scene: Scene) -> None:
    """Let an officer send the case back, look at what is open, hand it in again and have it approved."""
    officer, seen = OfficerFactory(), scene.fresh(case)
    items = [ReturnedItem("declared_amount", "请核对申报表"), ReturnedItem("material:agent_id", "照片不清楚")]
    services.return_case(actor=officer, case=seen, version=seen.version, items=items, note="其余没有问题")
    walker.go(address("detail", case))
    walker.look("track-returned", "2026 年 10 月 月度清卡")
    walker.follow("去补正")
    walker.look("fill-returned", "填写信息并上传材料")
    walker.press("保存并继续")
    walker.look("check-returned", "检查并提交清卡申请")
    services.review_case(case_id=scene.submit(scene.fresh(case)).pk)
    seen = scene.fresh(case)
    services.approve_case(actor=officer, case=seen, version=seen.version, digest=seen.snapshot_digest)


def doubt(case: ClearCardCase, scene: Scene) -> None:
    """Let the disk act and its answer be lost; then put it back."""
    scene.rack.insert(scene.device)
    scene.freeze("2026-11-05 10:05")
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.IN_DOUBT
    scene.rack.faults(scene.device).clear()
    scene.rack.pull(scene.device)
    scene.rack.insert(scene.device)


def look_at_the_certificate(walker: Walker, case: ClearCardCase) -> None:
    """Look at the certificate, fetch its file, and check it as the public does."""
    walker.secrets = [token := Certificate.objects.get(case=case).verify_token]
    walker.follow("查看清卡凭证")
    walker.look("certificate", "清卡凭证")
    with walker.page.expect_download() as fetched:
        walker.follow("下载清卡凭证（PDF）")
    assert fetched.value.suggested_filename == f"清卡凭证-{Certificate.objects.get(case=case).number}.pdf"
    walker.follow("去核验")
    walker.look("verify-valid", "清卡凭证核验")
    walker.go("/verify/")
    walker.look("verify-empty", "清卡凭证核验")
    walker.page.get_by_label("核验码").fill(token.swapcase())
    walker.secrets.append(token.swapcase())
    walker.press("核验")
    walker.look("verify-absent", "清卡凭证核验", status=404)
    walker.go("/clear/")
    walker.look("list-cleared", "抄报清卡")


def test_the_screens_of_what_went_wrong(
    walker: Walker, waiting: ClearCardCase, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    heading = "2026 年 10 月 月度清卡"
    refuse(waiting, scene, monkeypatch)
    walker.go(address("detail", waiting))
    walker.look("track-refused", heading)
    own = {"device__taxpayer": scene.taxpayer, "failure_text": "盘上的计数不一致"}
    for status in (CaseStatus.SENDING, CaseStatus.MANUAL, CaseStatus.REJECTED, CaseStatus.WITHDRAWN):
        case = ClearCardCaseFactory(status=status, number=f"QK2026110590{CaseStatus.values.index(status):04d}", **own)
        walker.go(address("detail", case))
        walker.look(f"track-{status}", heading)
    differing = ClearCardCaseFactory(number="QK20261105909999", kind="", **own)
    forget(scene)
    walker.go(address("verify", differing))
    walker.look("verify-before-report", "核对开票信息")
    walker.go(address("check", differing))
    walker.look("check-lacking", "检查并提交清卡申请")
    walker.go("/clear/QK20991231999999/")
    walker.look("absent", "找不到这个页面", status=404)


def refuse(case: ClearCardCase, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the case approved, and let the disk say no."""

    def says_no(**_: Any) -> Any:
        raise CardRefusedError("disk.token_invalid")

    services.review_case(case_id=case.pk)
    seen = scene.fresh(case)
    services.approve_case(actor=OfficerFactory(), case=seen, version=seen.version, digest=seen.snapshot_digest)
    with monkeypatch.context() as patched:
        patched.setattr(device_services, "apply_clear_on_card", says_no)
        services.execute_clear(case_id=case.pk)


def test_the_screen_of_a_difference(walker: Walker, scene: Scene) -> None:
    scene.report()
    scene.file()
    case = scene.prepare(papers=False)
    forget(scene)
    walker.go(address("verify", case))
    walker.look("verify-differs", "核对开票信息")


def test_the_whole_way_without_script(
    browser: Browser, transactional_db: None, scene: Scene, live_server: object
) -> None:
    scene.month()
    context = browser.new_context(java_script_enabled=False, viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, HallClient().enter_as(scene.membership), str(live_server))
    walker = Walker(page, str(live_server))
    walker.go("/clear/")
    walker.press("办理清卡")
    walker.press("重新读卡并检查")
    walker.follow("继续")
    walker.press("继续")
    for box in page.get_by_role("checkbox").all():
        box.check()
    walker.press("确认并继续")
    for kind in MaterialKind:
        page.locator(f"#id_paper_{kind.value}").set_input_files(PHOTO)  # type: ignore[arg-type]
    walker.press("上传所选文件")
    expect(page.get_by_text("已就绪")).to_have_count(len(MaterialKind))
    walker.press("保存并继续")
    page.get_by_label("我声明").check()
    walker.press("提交清卡申请")
    expect(page.locator("h1")).to_have_text("清卡申请已提交")
    walker.follow("查看进度")
    expect(page.locator(".status-word")).to_have_text("待审核")
    case = ClearCardCase.objects.get()
    services.review_case(case_id=case.pk)
    services.execute_clear(case_id=case.pk)
    walker.follow("刷新")
    expect(page.locator(".status-word")).to_have_text("已清卡")
    walker.follow("查看清卡凭证")
    expect(page.locator("h1")).to_have_text("清卡凭证")
    walker.follow("去核验")
    expect(page.get_by_text("这张清卡凭证由本大厅出具，内容未被改动")).to_be_visible()
    context.close()


class Keyboard:
    """Hands that have no mouse."""

    MOST_TABS = 90

    def __init__(self, page: Page) -> None:
        self.page = page
        # Listening all along: a listener that comes and goes may come too late for the key that opens the dialog.
        page.on("filechooser", lambda chooser: chooser.set_files(PHOTO))  # type: ignore[arg-type]

    def reach(self, selector: str) -> None:
        """Press Tab until the element has the focus, and see that the focus can be seen."""
        wanted = self.page.locator(selector)
        for _ in range(self.MOST_TABS):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("each => each === document.activeElement"):
                assert wanted.evaluate("each => each.matches(':focus-visible')")
                return
        raise AssertionError(f"{selector} is out of reach of the Tab key on {self.page.url}")

    def use(self, selector: str, key: str = "Enter") -> None:
        """Reach the element and press a key on it."""
        self.reach(selector)
        self.page.keyboard.press(key)

    def bring(self, selector: str) -> None:
        """Reach a file control, pick a file, and find oneself where one was."""
        self.use(selector, "Space")


def test_the_whole_way_by_keyboard_alone(page: Page, transactional_db: None, scene: Scene, live_server: object) -> None:
    scene.month()
    sign_in(page, HallClient().enter_as(scene.membership), str(live_server))
    page.goto(f"{live_server}/clear/")
    hands = Keyboard(page)
    hands.use("main .disk button")
    arrive(page, "准备清卡")
    hands.use("main .actions a.button")
    arrive(page, "选择清卡类型")
    hands.reach("input[name=kind]:checked")
    hands.use("main button[type=submit]")
    arrive(page, "核对开票信息")
    for group in ("004", "007"):
        hands.use(f"#id_group_{group}", "Space")
    hands.use("main button[type=submit]")
    arrive(page, "填写信息并上传材料")
    hands.reach("#id_explanation")
    page.keyboard.type("键盘填写")
    for kind in MaterialKind:
        hands.bring(f"#id_paper_{kind.value}")
        expect(page.locator(f"#paper-{kind.value}")).to_contain_text("已就绪")
        expect_settled(page)
        expect(page.locator(f"#id_paper_{kind.value}")).to_be_focused()
    hands.use("button[name=continue]")
    arrive(page, "检查并提交清卡申请")
    hands.use("#id_declaration", "Space")
    hands.use("main form button[type=submit]")
    arrive(page, "清卡申请已提交")
    assert ClearCardCase.objects.get().explanation == "键盘填写"
    hands.use("main .actions a.button >> nth=0")
    arrive(page, "2026 年 10 月 月度清卡")
    hands.use("#progress a[href$='/withdraw/']")
    arrive(page, "撤回清卡申请")
    hands.use("main form button")
    expect(page.locator(".status-word")).to_have_text("未清卡")


def expect_settled(page: Page) -> None:
    """Wait until the exchanged list of papers listens again; a hand is slower than that moment, a test is not."""
    expect(page.locator("#papers")).not_to_have_class(re.compile("htmx-"))


def arrive(page: Page, heading: str) -> None:
    """Expect the page with this heading."""
    expect(page.locator("h1")).to_have_text(heading)


def test_the_certificate_is_fetched_and_checked_by_keyboard_alone(
    page: Page, transactional_db: None, scene: Scene, live_server: object
) -> None:
    case = scene.approved()
    services.execute_clear(case_id=case.pk)
    sign_in(page, HallClient().enter_as(scene.membership), str(live_server))
    page.goto(f"{live_server}{address('detail', case)}")
    hands = Keyboard(page)
    hands.use("main a[href$='/certificate/'] >> nth=0")
    arrive(page, "清卡凭证")
    with page.expect_download() as fetched:
        hands.use("main a[href$='/certificate.pdf']")
    assert fetched.value.suggested_filename.endswith(".pdf")
    hands.use("main a[href*='/verify/']")
    arrive(page, "清卡凭证核验")
    expect(page.get_by_text("这张清卡凭证由本大厅出具，内容未被改动")).to_be_visible()
