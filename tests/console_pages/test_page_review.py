"""The review page: the picture the taxpayer saw, what the rules measured, what changed, and who may decide."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clearcard import services
from clearcard.choices import CaseStatus, MaterialKind
from clearcard.models import CaseSubmission, ClearCardCase
from clearcard.rules.review import DEMANDS, RULES
from clearcard.shapes import ReturnedItem
from filing.models import ComparisonRun
from tests.clearcard.scene import Scene
from tests.console_pages.cases import address, hand_in_paper, png, words_of
from tests.console_pages.people import assert_closed, enter
from tests.factories.accounts import OfficerFactory
from tests.factories.clearcard import ClearCardCaseFactory
from tests.factories.filing import ComparisonRunFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.harness.clients import HallClient


def page(client: HallClient, case: ClearCardCase) -> str:
    """Return the words of the review page."""
    answer = client.get(address("review", case))
    assert answer.status_code == 200
    return words_of(answer)


def test_the_identity_stands_on_top(officer: HallClient, differing: ClearCardCase) -> None:
    words = page(officer, differing)
    for part in (
        differing.taxpayer.name,
        differing.taxpayer.number,
        differing.number,
        "月度清卡 · 2026 年 10 月",
        "最迟 11-10 决定",
        "未认领",
        "待审核",
    ):
        assert part in words


def test_the_application_reads_as_the_taxpayer_handed_it_in(officer: HallClient, differing: ClearCardCase) -> None:
    words = page(officer, differing)
    for part in (
        "开票金额 2,300.00 元 贰仟叁佰圆整",
        "已申报金额 1,800.00 元",
        "清卡日期 2026-11-05（周四）",
        "情况说明 补开",
        f"提交人 {differing.submitted_by} 2026-11-05 10:00，第 1 次提交",
        "提交时的准备检查（1 项）",
        "连接与供电 已连接",
        f"内容摘要 {differing.snapshot_digest[:16]}",
    ):
        assert part in words


def test_each_check_has_its_rule_its_measure_its_result_and_its_evidence(
    officer: HallClient, differing: ClearCardCase
) -> None:
    answer = officer.get(address("review", differing))
    checks = answer.context["checks"]
    assert [(row["title"], row["word"]) for row in checks["open"]] == [
        ("设备、台账、申报核对", "不通过"),
        ("情况说明", "需人工"),
    ]
    assert [row["title"] for row in checks["passed"]] == ["设备抄报"]
    words = words_of(answer)
    assert "规则 设备与台账的份数、金额、税额完全一致" in words
    assert "实测 普票 1%：设备上有台账没有的发票" in words
    assert 'href="#differences"' in answer.content.decode()


def test_every_rule_says_what_it_demands() -> None:
    assert set(DEMANDS) == {rule.__name__ for rule in RULES}


def test_differences_come_first_with_their_likely_cause(officer: HallClient, differing: ClearCardCase) -> None:
    words = page(officer, differing)
    for part in ("1,500.00", "1,000.00", "+500.00", "设备上有台账没有的发票", "1 行一致", "抄报时间 2026-11-05 10:00"):
        assert part in words


def test_figures_that_moved_are_shown_beside_those_handed_in(officer: HallClient, differing: ClearCardCase) -> None:
    services.claim_case(actor=officer.user, case=differing)
    IssuedInvoiceFactory(
        taxpayer=differing.taxpayer, device=differing.device, dated_on=differing.period_start, kind="004"
    )
    answer = officer.get(address("review", differing))
    words = words_of(answer)
    assert "提交之后数据有变化，不能通过" in words
    assert [row.kind for row in answer.context["moved_rows"]] == ["004"]
    assert address("approve", differing) not in answer.content.decode()
    assert address("return", differing) in answer.content.decode()


def test_a_resubmission_shows_old_against_new_changed_things_first(officer: HallClient, case: ClearCardCase) -> None:
    submitter, form = case.submitted_by, case.snapshot["form"]
    CaseSubmission.objects.create(
        case=case, round=1, key="one", submitted_by=submitter, snapshot=case.snapshot, digest="1" * 64
    )
    assert "与上次相比" not in page(officer, case)
    case.round = 2
    case.snapshot = case.snapshot | {"form": form | {"explanation": "已更正", "declared_amount": "10.00"}}
    case.save()
    hand_in_paper(case, MaterialKind.AGENT_ID, png())
    answer = officer.get(address("review", case))
    words = words_of(answer)
    assert "第 2 次提交与上次相比" in words
    assert "3 项有变化" in words
    changed = {row.label: (row.word, row.old, row.new[:5]) for row in answer.context["changed"]}
    assert changed["情况说明"] == ("改", "", "已更正")
    assert changed["已申报金额"] == ("改", "0.00", "10.00")
    assert changed["经办人身份证复印件"][0] == "增"
    assert "没有变化" in words


def test_history_names_people_and_notes_stay_inside(officer: HallClient, case: ClearCardCase) -> None:
    services.add_internal_note(actor=officer.user, case=case, text="已电话核实")
    words = page(officer, case)
    assert "内部备注（纳税人看不到）" in words
    assert "已电话核实" in words
    assert f"开始填写 2026-11-05 10:00 · {case.created_by}" in words


def test_who_may_not_decide_reads_why_and_gets_no_form(
    refused: dict[str, tuple[HallClient, str]], case: ClearCardCase
) -> None:
    for client, reason in refused.values():
        answer = client.get(address("review", case))
        assert reason in words_of(answer)
        for act in ("claim", "approve", "return", "reject", "note"):
            assert address(act, case) not in answer.content.decode()


def test_another_district_finds_nothing(outsider: HallClient, case: ClearCardCase) -> None:
    theirs, absent = (outsider.get(address("review", each)) for each in (case, ClearCardCase(number="QK0")))
    assert (theirs.status_code, absent.status_code) == (404, 404)
    assert words_of(theirs) == words_of(absent)
    assert case.taxpayer.name not in words_of(theirs)


def test_the_city_sees_every_district(case: ClearCardCase) -> None:
    from tests.factories.accounts import BureauFactory

    assert case.taxpayer.name in page(enter(bureau=BureauFactory(city=True)), case)


def test_others_are_sent_to_the_sign_in(case: ClearCardCase) -> None:
    assert_closed(address("review", case), company=case.taxpayer)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (CaseStatus.APPROVED, "审核已通过"),
        (CaseStatus.IN_DOUBT, "盘上是否已清卡还不知道"),
        (CaseStatus.MANUAL, "由税务人员人工核实"),
        (CaseStatus.REFUSED, "设备拒绝了清卡指令，这条指令没有执行"),
        (CaseStatus.CLEARED, "已清卡，设备的回执已验签"),
    ],
)
def test_a_decided_application_says_how_it_stands_and_asks_nothing(
    officer: HallClient, status: CaseStatus, words: str
) -> None:
    case = ClearCardCaseFactory(status=status, failure_text="回执缺失")
    answer = officer.get(address("review", case))
    assert words in words_of(answer)
    assert "没有需要您决定的事项" in words_of(answer)
    assert "认领这份申请" not in words_of(answer)


def test_a_cleared_application_says_by_which_way_the_disk_was_updated(
    make_scene: Callable[..., Scene], officer: HallClient
) -> None:
    scene = make_scene()
    case = scene.approved()
    services.execute_clear(case_id=case.pk)
    words = page(officer, case)
    assert "设备更新方式 大厅读卡器" in words
    assert "清卡次数 0 → 1；设备更新方式：大厅读卡器" in words


def test_a_draft_is_nothing_to_officers(officer: HallClient) -> None:
    assert officer.get(address("review", ClearCardCaseFactory())).status_code == 404


def test_what_the_taxpayer_mends_after_a_return_stays_unseen_until_it_is_handed_in(
    officer: HallClient, case: ClearCardCase
) -> None:
    old = hand_in_paper(case, MaterialKind.AGENT_ID, png(), sha256="a" * 64)
    items = [ReturnedItem("material:agent_id", "请重拍")]
    services.return_case(actor=OfficerFactory(), case=case, version=case.version, items=items)
    fresh = ClearCardCase.objects.get(pk=case.pk)
    new = case.materials.create(
        kind=MaterialKind.BANK_PERMIT, file="materials/none.bin", scan=old.scan, original_name="新.png",
        media_type="image/png", size=1, sha256="b" * 64, expires_on=case.period_end, uploaded_by=case.created_by,
    )  # fmt: skip
    answer = officer.get(address("review", fresh))
    assert [each.pk for each in answer.context["picture"].materials] == [old.pk]
    assert officer.get(address("material", fresh, new.pk)).status_code == 404
    assert "退回补正" in words_of(answer)
    assert "经办人身份证复印件 请重拍" in words_of(answer)


def test_a_real_application_leads_to_the_records_behind_its_checks(
    make_scene: Callable[..., Scene], officer: HallClient
) -> None:
    scene = make_scene()
    scene.month()
    case = scene.prepare(explanation="本月有一笔退货")
    run = ComparisonRun.objects.get()
    later = ComparisonRunFactory(
        tax_return=run.tax_return, taxpayer=scene.taxpayer, differs=True, compared_end=run.compared_end
    )
    case = scene.submit(case)
    services.review_case(case_id=case.pk)
    answer = officer.get(address("review", case))
    words, links = words_of(answer), answer.content.decode()
    assert "情况说明：本月有一笔退货" in words
    assert "提交时的准备检查" in words
    assert len(answer.context["picture"].materials) == 5
    for record in (f"/admin/filing/taxreturn/{run.tax_return_id}/", f"/admin/filing/comparisonrun/{later.pk}/"):
        assert record in links
        assert officer.get(f"{record}change/").status_code == 200
