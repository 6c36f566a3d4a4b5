"""The pages of a general taxpayer's month: inputs, form, sheet, correction, comparison, differences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Membership, Taxpayer
from filing import selectors, services
from filing.choices import ExceptionState, ReturnStatus, TickState
from filing.forms import value_name
from filing.input_forms import HEADER
from filing.models import ComparisonException, InputTransfer, InputVoucher, TaxReturn
from filing.rules.definition import CellKey
from tests.factories.accounts import MembershipFactory
from tests.filing.conftest import OCTOBER
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
VOUCHER = {
    "kind": "special", "code": "6100261130", "number": "00000001", "dated_on": "2026-10-12", "seller_number": "",
    "seller_name": "西安样例科技有限公司", "amount": "1,000.00", "tax": "130.00",
}  # fmt: skip


@pytest.fixture
def member(general: Taxpayer) -> Membership:
    """Return the general taxpayer's 办税员."""
    return MembershipFactory(taxpayer=general, role="tax_clerk")


@pytest.fixture
def hall(member: Membership) -> HallClient:
    """Return that person's client."""
    return HallClient().enter_as(member)


@pytest.fixture
def filed(member: Membership, sell_general: Callable[..., object]) -> TaxReturn:
    """Return the filed return of October: 1,000.00 of software at 13%."""
    sell_general("1000.00", "13", special=True)
    draft = services.start_return(actor=member.user, taxpayer=member.taxpayer, period=OCTOBER)
    digest = selectors.current_sheet(draft).digest
    return services.submit_return(actor=member.user, tax_return=draft, key="october", digest=digest)


def text(response: Any) -> str:
    """Return a page's text."""
    return str(response.content.decode())


def csv(*rows: str) -> SimpleUploadedFile:
    """Return an import file."""
    return SimpleUploadedFile("inputs.csv", "\n".join([",".join(HEADER), *rows]).encode("utf-8-sig"))


def test_a_voucher_is_entered_ticked_and_counted(hall: HallClient, general: Taxpayer) -> None:
    assert hall.post(reverse("filing:input-create"), VOUCHER).status_code == 302
    row = InputVoucher.objects.get(taxpayer=general)
    ticked = hall.post(
        reverse("filing:input-tick"), {"month": "2026-10", "voucher": [str(row.pk)], "state": "deducted"}
    )
    shown = text(hall.get(ticked["Location"]))
    assert "抵扣勾选 1 张，金额 1,000.00 元，税额 130.00 元，申报表已按此预填" in shown


def test_what_is_chosen_is_summed_and_kept_and_another_companys_counts_nothing(hall: HallClient) -> None:
    hall.post(reverse("filing:input-create"), VOUCHER)
    hall.post(reverse("filing:input-create"), VOUCHER | {"number": "00000002", "amount": "0.10", "tax": "0.01"})
    HallClient().enter_as(MembershipFactory(role="finance")).post(reverse("filing:input-create"), VOUCHER)
    first, _second, others = InputVoucher.objects.order_by("pk")
    page, sent = reverse("filing:input-chosen"), {"month": "2026-10", "voucher": [first.pk, others.pk]}
    alone = text(hall.post(page, sent, headers={"HX-Request": "true"}))
    assert alone.strip() == "<span>选中 1 张，金额 1,000.00 元，税额 130.00 元。</span>"
    hall.post(reverse("filing:input-tick"), {"month": "2026-10", "voucher": [first.pk], "state": "deducted"})
    whole = text(hall.post(page, {"month": "2026-10", "all": "yes"}))
    assert "选中 2 张，金额 1,000.10 元，税额 130.01 元，其中 1 张已经勾选过。" in whole
    assert whole.count(" checked>") == 2, "it goes without script"


def test_entering_it_twice_is_told_on_the_page(hall: HallClient) -> None:
    hall.post(reverse("filing:input-create"), VOUCHER)
    again = hall.post(reverse("filing:input-create"), VOUCHER)
    assert again.status_code == 422
    assert "与已录入的凭证重复" in text(again)


def test_ticking_nothing_changes_nothing_and_says_so(hall: HallClient) -> None:
    answer = hall.post(reverse("filing:input-tick"), {"month": "2026-10", "state": "deducted"})
    assert answer.status_code == 422
    assert "没有选中可以勾选的凭证" in text(answer)


def test_a_file_is_imported_whole(hall: HallClient) -> None:
    rows = [f"增值税专用发票,6100261130,0000000{n},2026-10-1{n},,西安样例科技有限公司,100.00,13.00" for n in (1, 2, 3)]
    assert hall.post(reverse("filing:input-import"), {"file": csv(*rows)}).status_code == 302
    assert InputVoucher.objects.count() == 3


def test_the_template_with_one_row_filled_in_is_imported(hall: HallClient) -> None:
    page = reverse("filing:input-import")
    assert reverse("filing:input-template") in text(hall.get(page))
    answer = hall.get(reverse("filing:input-template"))
    assert answer["Content-Disposition"].startswith("attachment")
    row = "增值税专用发票,6100261130,00000001,2026-10-11,,西安样例科技有限公司,100.00,13.00\r\n"
    filled = b"".join(answer.streaming_content) + row.encode()
    assert hall.post(page, {"file": SimpleUploadedFile("filled.csv", filled)}).status_code == 302
    assert InputVoucher.objects.get().number == "00000001"


@pytest.mark.parametrize("day", ["2026-10-09", "2026/10/9", "2026.10.9", "20261009"])
def test_days_are_read_as_spreadsheets_write_them(hall: HallClient, day: str) -> None:
    row = f"增值税专用发票,6100261130,00000001,{day},,西安样例科技有限公司,100.00,13.00"
    assert hall.post(reverse("filing:input-import"), {"file": csv(row)}).status_code == 302
    assert InputVoucher.objects.get().dated_on == date(2026, 10, 9)


def test_after_entering_the_month_that_shows_the_voucher_is_opened(hall: HallClient) -> None:
    of_this_month = hall.post(reverse("filing:input-create"), {**VOUCHER, "dated_on": "2026-11-04"})
    assert of_this_month["Location"].endswith("?month=2026-11")
    assert VOUCHER["number"] in text(hall.get(of_this_month["Location"]))
    row = "增值税专用发票,6100261130,00000009,2026-08-11,,西安样例科技有限公司,100.00,13.00"
    older = hall.post(reverse("filing:input-import"), {"file": csv(row)})
    assert older["Location"].endswith("?month=2026-10")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("白条,,1,2026-10-11,,某公司,1.00,0.10", "文件第 3 行：没有“白条”这种凭证"),
        ("增值税专用发票,,2,昨天,,某公司,1.00,0.10", "文件第 3 行：开具日期“昨天”不对"),
        ("增值税专用发票,,3,2026-10-11,,某公司,一元,0.10", "文件第 3 行：“一元”不是金额"),
        ("增值税专用发票,,3,2026-10-11,,某公司,-1.00,0.10", "文件第 3 行：金额不能为负数"),
        ("增值税专用发票,,4,2026-10-11,,某公司,1.001,0.10", "文件第 3 行：金额最多两位小数"),
        ("增值税专用发票,,00000001,2026-10-11,,某公司,1.00,0.10", "文件第 3 行：与本次录入的另一行重复"),
    ],
)
def test_one_bad_row_and_nothing_is_imported(hall: HallClient, row: str, words: str) -> None:
    good = "增值税专用发票,,00000001,2026-10-11,,某公司,1.00,0.10"
    answer = hall.post(reverse("filing:input-import"), {"file": csv(good, row)})
    assert answer.status_code == 422
    assert words in text(answer)
    assert not InputVoucher.objects.exists()


def test_a_file_without_the_header_is_refused(hall: HallClient) -> None:
    answer = hall.post(reverse("filing:input-import"), {"file": SimpleUploadedFile("a.csv", b"1,2,3")})
    assert "第一行应是" in text(answer)


def test_a_transfer_is_recorded_and_cancelled(hall: HallClient) -> None:
    made = {"month": "2026-10", "line": "15", "tax": "30.00", "reason": "发放职工福利"}
    assert hall.post(reverse("filing:transfer-create"), made).status_code == 302
    row = InputTransfer.objects.get()
    assert "发放职工福利" in text(hall.get(reverse("filing:input-list"), {"month": "2026-10"}))
    hall.post(reverse("filing:transfer-cancel", args=[row.pk]))
    row.refresh_from_db()
    assert row.is_cancelled


def test_a_reader_and_an_outsider_change_nothing(general: Taxpayer) -> None:
    issuer = HallClient().enter_as(MembershipFactory(taxpayer=general, issuer=True))
    assert issuer.post(reverse("filing:input-create"), VOUCHER).status_code == 403
    outsider = HallClient().enter_as(MembershipFactory(role="finance"))
    outsider.post(reverse("filing:input-create"), VOUCHER)
    assert not InputVoucher.objects.filter(taxpayer=general).exists()


def test_the_form_and_its_sheet_show_lines_and_words(hall: HallClient, filed: TaxReturn) -> None:
    assert "增值税及附加税费申报表（一般纳税人适用）" in text(hall.get(reverse("filing:return-list")))
    sheet = text(hall.get(reverse("filing:return-sheet", args=[filed.pk])))
    assert "= 第 12 栏 + 第 13 栏 − 第 14 栏 − 第 15 栏 + 第 16 栏" in sheet
    assert "附列资料（五）附加税费情况表" in sheet


def test_a_correction_shows_old_new_and_difference(
    hall: HallClient, filed: TaxReturn, sell_general: Callable[..., object]
) -> None:
    sell_general("500.00", "13", special=True)
    begun = hall.post(reverse("filing:return-correct", args=[filed.pk]), {"reason": "漏报一张专票"})
    draft = selectors.find_correction(filed)
    assert draft is not None
    assert begun["Location"] == reverse("filing:return-edit", args=[draft.pk])
    check = hall.get(reverse("filing:return-check", args=[draft.pk]))
    rows = {(each.place, each.old, each.new, each.difference) for each in check.context["changes"]}
    assert ("申报表主表第 11 栏", "130.00", "195.00", Decimal("65.00")) in rows
    hall.post(
        reverse("filing:return-check", args=[draft.pk]),
        {"key": draft.submit_key, "digest": check.context["sheet"].digest},
    )
    filed.refresh_from_db()
    assert filed.status == ReturnStatus.CORRECTED
    assert "这张申报表已被更正" in text(hall.get(reverse("filing:return-detail", args=[filed.pk])))


def test_another_form_is_filed_by_the_same_pages(hall: HallClient) -> None:
    assert "文化事业建设费申报表" in text(hall.get(reverse("filing:return-list")))
    begun = hall.post(reverse("filing:return-create"), {"period": "2026-10", "tax": "culture_fee"})
    edit = begun["Location"]
    hall.post(edit, {"version": "1", "v-main-1-amount": "100000"})
    fee = TaxReturn.objects.get(form_code="culture_fee")
    check = hall.get(reverse("filing:return-check", args=[fee.pk]))
    done = hall.post(
        reverse("filing:return-check", args=[fee.pk]), {"key": fee.submit_key, "digest": check.context["sheet"].digest}
    )
    fee.refresh_from_db()
    assert (fee.status, fee.tax_due) == (ReturnStatus.SUBMITTED, Decimal("3000.00"))
    assert "文化事业建设费申报表" in text(hall.get(done["Location"]))


def test_a_blocking_comparison_is_handed_over_from_its_page(
    hall: HallClient, filed: TaxReturn, sell_general: Callable[..., object]
) -> None:
    payment = services.pay_return(actor=filed.submitted_by, tax_return=filed, key="pay")
    services.perform_payment(payment_id=str(payment.pk))
    sell_general("500.00", "13", special=True)
    made = hall.post(reverse("filing:comparison-create"), {"month": "2026-10"})
    shown = text(hall.get(made["Location"]))
    assert "比对不符，暂不能清卡" in shown
    run = selectors.latest_comparison(taxpayer=filed.taxpayer, period=OCTOBER)
    assert run is not None
    address = reverse("filing:comparison-hand-over", args=[run.pk])
    assert hall.post(address, {"explanation": ""}).status_code == 422
    hall.post(address, {"explanation": "上期已按未开票申报"})
    assert ComparisonException.objects.get().state == ExceptionState.OPEN
    assert "处理中" in text(hall.get(made["Location"]))


def test_a_comparison_that_was_overtaken_meanwhile_says_so_when_it_is_handed_over(
    hall: HallClient, filed: TaxReturn, sell_general: Callable[..., object]
) -> None:
    sell_general("500.00", "13", special=True)
    old = services.compare_period(actor=None, taxpayer=filed.taxpayer, month=OCTOBER)
    services.compare_period(actor=None, taxpayer=filed.taxpayer, month=OCTOBER)
    answer = hall.post(reverse("filing:comparison-hand-over", args=[old.pk]), {"explanation": "上期已申报"})
    assert answer.status_code == 422
    assert "这不是最近一次比对，没有提交转办" in text(answer)


def test_differences_open_to_their_invoices(hall: HallClient, filed: TaxReturn) -> None:
    shown = text(hall.get(reverse("filing:difference-list"), {"period": "2026-10", "cell": "special-13"}))
    assert "设备还没有抄报本期" in shown
    assert "1,000.00" in shown
    assert "未上传" in shown or "已上传" in shown
    assert hall.get(reverse("filing:difference-list"), {"period": "x"}).status_code == 404


def test_a_month_moves_by_its_links_and_an_unknown_one_is_not_found(hall: HallClient) -> None:
    assert "2026 年 10 月" in text(hall.get(reverse("filing:input-list")))
    assert hall.get(reverse("filing:input-list"), {"month": "2026-Q3"}).status_code == 404


def test_ticks_are_stored_with_their_month(hall: HallClient) -> None:
    hall.post(reverse("filing:input-create"), VOUCHER)
    row = InputVoucher.objects.get()
    hall.post(reverse("filing:input-tick"), {"month": "2026-10", "voucher": [row.pk], "state": "not_deducted"})
    row.refresh_from_db()
    assert (row.state, row.period_start) == (TickState.NOT_DEDUCTED, date(2026, 10, 1))


def test_the_inputs_of_a_filed_month_say_whether_they_may_still_be_changed(hall: HallClient, filed: TaxReturn) -> None:
    page = reverse("filing:input-list")
    hall.post(reverse("filing:input-create"), VOUCHER)
    shown = text(hall.get(page, {"month": "2026-10"}))
    assert "勾选和转出不能再改动" in shown
    assert all(word not in shown for word in ("撤销勾选", "登记转出"))
    hall.post(reverse("filing:return-correct", args=[filed.pk]), {"reason": "漏勾选"})
    shown = text(hall.get(page, {"month": "2026-10"}))
    assert "这个月正在更正申报" in shown
    assert all(word in shown for word in ("撤销勾选", "登记转出"))
    assert "勾选和转出不能再改动" not in shown


def fold_of(page: str, marker: str) -> str:
    """Return the opening tag of the fold that bears an id."""
    at = page.index(f'id="{marker}"')
    return page[page.rindex("<details", 0, at) : page.index(">", at)]


def test_the_long_annex_folds_what_is_empty_and_tells_its_sums(
    hall: HallClient, member: Membership, sell_general: Callable[..., object]
) -> None:
    sell_general("1000.00", "13", special=True)
    draft = services.start_return(actor=member.user, taxpayer=member.taxpayer, period=OCTOBER)
    url = reverse("filing:return-edit", args=[draft.pk])
    page = text(hall.get(f"{url}?part=output"))
    assert fold_of(page, "s-output-1").endswith(" open")
    assert fold_of(page, "l-output-2-fold").endswith(" open")
    assert not fold_of(page, "l-output-5-fold").endswith(" open")
    assert not fold_of(page, "s-output-4").endswith(" open")
    assert '<strong id="f-output-s1-9" class="num">1,000.00</strong>' in page
    assert '<strong id="f-output-s1-10" class="num">130.00</strong>' in page
    assert '<a href="#s-output-4">四、免税</a>' in page
    # The link of a check opens the cell it leads to, without script.
    asked = text(hall.get(f"{url}?part=output&at=c-output-18-9"))
    assert fold_of(asked, "l-output-18-fold").endswith(" open")
    assert fold_of(asked, "s-output-4").endswith(" open")


def test_a_figure_that_cannot_be_read_is_not_folded_away(
    hall: HallClient, member: Membership, sell_general: Callable[..., object]
) -> None:
    sell_general("1000.00", "13", special=True)
    draft = services.start_return(actor=member.user, taxpayer=member.taxpayer, period=OCTOBER)
    url = reverse("filing:return-edit", args=[draft.pk])
    sent = {"part": "output", "version": draft.version, value_name(CellKey("output", "8", "5")): "many"}
    answer = hall.post(url, sent)
    assert answer.status_code == 422
    assert fold_of(text(answer), "l-output-8-fold").endswith(" open")
