"""The pages of filing: from the list to the receipt, without script, by those who may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Membership, Taxpayer
from filing import selectors, services
from filing.choices import PaymentState, ReturnStatus
from filing.models import ComparisonRun, Payment, TaxReturn
from filing.rules.computation import Entry
from filing.rules.definition import CellKey
from tests.factories.accounts import MembershipFactory
from tests.factories.filing import ComparisonRunFactory, PaymentFactory, TaxReturnFactory
from tests.filing.conftest import OCTOBER
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def member(taxpayer: Taxpayer) -> Membership:
    """Return the company's finance head."""
    return MembershipFactory(taxpayer=taxpayer, role="finance")


@pytest.fixture
def hall(member: Membership) -> HallClient:
    """Return the finance head's client."""
    return HallClient().enter_as(member)


@pytest.fixture
def draft(member: Membership, sell: Callable[..., object]) -> TaxReturn:
    """Return a begun return with 1,000 of special invoices."""
    sell("1000.00", special=True)
    return services.start_return(actor=member.user, taxpayer=member.taxpayer, period=OCTOBER)


def text(response: Any) -> str:
    """Return a page's text."""
    return str(response.content.decode())


def test_the_list_shows_what_is_due_with_its_source(hall: HallClient) -> None:
    shown = text(hall.get(reverse("filing:return-list")))
    assert "2026 年 10 月" in shown
    assert "2026-11-16（周一）" in shown
    assert "税总办征科函〔2025〕64号" in shown
    assert "开始申报" in shown


@pytest.mark.parametrize(("period_kind", "words"), [("monthly", "您按月申报"), ("quarterly", "您按季申报")])
def test_an_empty_list_speaks_of_the_companys_own_period(
    hall: HallClient, taxpayer: Taxpayer, period_kind: str, words: str
) -> None:
    Taxpayer.objects.filter(pk=taxpayer.pk).update(period_kind=period_kind, registered_on=date(2026, 11, 2))
    shown = text(hall.get(reverse("filing:return-list")))
    assert words in shown
    assert "现在没有需要申报的所属期" in shown
    calendar = text(hall.get(reverse("filing:calendar")))
    assert "登记以前的所属期不用申报" in calendar
    assert "所属期 2026 年 10 月" not in calendar
    year = calendar.partition('id="year-title"')[2]
    assert "没有列出" in year
    assert "12 月 <strong>" in year
    assert "11 月 <strong>" not in year, "what it declared then had ended before it was registered"


def test_a_zero_return_takes_three_clicks(hall: HallClient, taxpayer: Taxpayer) -> None:
    assert "零申报" in text(hall.get(reverse("filing:return-list")))
    started = hall.post(reverse("filing:return-create"), {"period": "2026-10", "zero": "1"})
    check = hall.get(started["Location"])
    done = hall.post(
        started["Location"], {"key": check.context["tax_return"].submit_key, "digest": check.context["sheet"].digest}
    )
    shown = text(hall.get(done["Location"]))
    filed = TaxReturn.objects.get(taxpayer=taxpayer)
    assert filed.status == ReturnStatus.SUBMITTED
    assert str(filed.receipt_number) in shown
    assert "本期无需缴款" in shown


def test_the_form_shows_line_numbers_formulas_and_where_numbers_come_from(hall: HallClient, draft: TaxReturn) -> None:
    sales = text(hall.get(reverse("filing:return-edit", args=[draft.pk])))
    assert "系统数 1,000.00" in sales
    main = text(hall.get(reverse("filing:return-edit", args=[draft.pk]), {"part": "main"}))
    assert "= 第 1 栏 × 3%" in main
    assert '<output id="c-main-15-services"' in main


def test_saving_keeps_entries_and_goes_on(hall: HallClient, draft: TaxReturn) -> None:
    url = reverse("filing:return-edit", args=[draft.pk])
    posted = {"part": "sales", "version": "1", "v-sales-8-services": "2,500.50", "go": "main"}
    assert hall.post(url, posted)["Location"] == f"{url}?part=main"
    assert selectors.current_sheet(draft).amount("sales", "8", "services") == Decimal("2500.50")


def test_a_text_that_is_no_number_stays_on_the_page_and_nothing_is_saved(hall: HallClient, draft: TaxReturn) -> None:
    url = reverse("filing:return-edit", args=[draft.pk])
    answer = hall.post(url, {"part": "sales", "version": "1", "v-sales-8-services": "12a", "v-sales-8-goods": "7"})
    assert answer.status_code == 422
    assert 'value="12a"' in text(answer)
    assert 'value="7"' in text(answer)
    assert "请填写金额" in text(answer)
    draft.refresh_from_db()
    assert draft.version == 1


@pytest.mark.parametrize("typed", ["1.234", "1e3", "NaN", "Infinity", "--1", "1e30", "-99999999999999999999"])
def test_odd_numbers(hall: HallClient, draft: TaxReturn, typed: str) -> None:
    url = reverse("filing:return-edit", args=[draft.pk])
    answer = hall.post(url, {"part": "sales", "version": "1", "v-sales-8-services": typed})
    assert answer.status_code == (302 if typed == "1e3" else 422)


def test_two_tabs_the_second_keeps_what_was_typed_and_says_so(hall: HallClient, draft: TaxReturn) -> None:
    url = reverse("filing:return-edit", args=[draft.pk])
    hall.post(url, {"part": "sales", "version": "1", "v-sales-8-services": "100"})
    second = hall.post(url, {"part": "sales", "version": "1", "v-sales-8-services": "200"})
    assert second.status_code == 409
    assert "在别处又保存过一次" in text(second)
    assert 'value="200"' in text(second)
    assert 'name="version" value="2"' in text(second)
    assert selectors.current_sheet(draft).amount("sales", "8", "services") == Decimal("100")


def test_a_prefilled_number_left_alone_follows_the_invoices(
    hall: HallClient, draft: TaxReturn, sell: Callable[..., object]
) -> None:
    sell("50.00", special=True)
    untouched = {"v-sales-1-services": "1000.00", "p-sales-1-services": "1000.00"}
    hall.post(reverse("filing:return-edit", args=[draft.pk]), {"part": "sales", "version": "1", **untouched})
    sheet = selectors.current_sheet(draft)
    assert sheet.amount("sales", "1", "services") == Decimal("1050.00")
    assert sheet.mandatory_problems == ()


def test_autosave_answers_with_sums_and_fresh_outputs_only(hall: HallClient, draft: TaxReturn) -> None:
    url = reverse("filing:return-edit", args=[draft.pk])
    posted = {"part": "sales", "version": "1", "v-sales-8-services": "10"}
    answer = hall.post(url, posted, headers={"HX-Request": "true"})
    shown = text(answer)
    assert answer.status_code == 200
    assert "已保存" in shown
    assert 'name="version" value="2"' in shown
    assert 'hx-swap-oob="true"' in shown
    assert "<html" not in shown


def test_the_check_page_previews_the_comparison_and_files_what_was_shown(hall: HallClient, draft: TaxReturn) -> None:
    url = reverse("filing:return-check", args=[draft.pk])
    shown = hall.get(url)
    assert "比对预览" in text(shown)
    form = {"key": draft.submit_key, "digest": shown.context["sheet"].digest}
    first = hall.post(url, form)
    again = hall.post(url, form)  # a double click, or Back and resend
    assert first["Location"] == again["Location"] == reverse("filing:return-detail", args=[draft.pk])
    result = text(hall.get(first["Location"]))
    assert "申报已受理" in result
    assert "去缴款" in result


def test_only_what_is_filed_is_told_to_be_corrected(hall: HallClient, draft: TaxReturn) -> None:
    entries = {CellKey("sales", "1", "services"): Entry(Decimal("900.00"), "少报")}
    actor = hall.user
    services.save_return(actor=actor, tax_return=draft, version=1, entries=entries)
    check = reverse("filing:return-check", args=[draft.pk])
    shown = hall.get(check)
    assert "补入第 2、5 栏" in text(shown)
    assert "更正" not in text(shown).partition("<main")[2].partition("</main")[0]
    hall.post(check, {"key": draft.submit_key, "digest": shown.context["sheet"].digest})
    draft.refresh_from_db()
    run = services.compare_period(actor=None, taxpayer=draft.taxpayer, month=draft.period)
    assert "补入第 2、5 栏。改好后办理更正申报。" in "".join(each.remedy for each in run.results.all())
    correction = services.correct_return(actor=actor, tax_return=draft, reason="少报")
    assert "再次更正申报" in text(hall.get(reverse("filing:return-check", args=[correction.pk])))


def test_figures_that_moved_are_shown_again_instead_of_filed(
    hall: HallClient, draft: TaxReturn, sell: Callable[..., object]
) -> None:
    url = reverse("filing:return-check", args=[draft.pk])
    digest = hall.get(url).context["sheet"].digest
    sell("5.00")
    answer = hall.post(url, {"key": draft.submit_key, "digest": digest})
    assert answer.status_code == 409
    assert "数字又有变化" in text(answer)


def test_a_mandatory_problem_is_named_with_a_link_to_its_cell(hall: HallClient, draft: TaxReturn) -> None:
    hall.post(
        reverse("filing:return-edit", args=[draft.pk]),
        {"part": "sales", "version": "1", "v-sales-1-services": "900", "p-sales-1-services": "1000.00"},
    )
    url = reverse("filing:return-check", args=[draft.pk])
    shown = hall.get(url)
    assert "?part=sales#c-sales-1-services" in text(shown)
    answer = hall.post(url, {"key": draft.submit_key, "digest": shown.context["sheet"].digest})
    assert answer.status_code == 422
    assert "强制检查没有通过" in text(answer)


def test_paying_and_its_states(hall: HallClient, taxpayer: Taxpayer) -> None:
    owing = TaxReturnFactory(taxpayer=taxpayer, owing=True)
    url = reverse("filing:return-pay", args=[owing.pk])
    shown = hall.get(url)
    assert "演示国库" in text(shown)
    hall.post(url, {"key": shown.context["key"]})
    hall.post(url, {"key": shown.context["key"]})
    payment = Payment.objects.get(tax_return=owing)
    waiting = text(hall.get(url))
    assert "缴款中" in waiting
    assert "hx-get" in waiting
    assert "确认缴款" not in waiting
    poll = reverse("filing:payment-status", args=[owing.pk])
    assert "缴款中" in text(hall.get(poll, headers={"HX-Request": "true"}))
    services.perform_payment(payment_id=str(payment.pk))
    assert hall.get(poll, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "已入库" in text(hall.get(url))


def test_an_unknown_payment_tells_only_what_is_known(hall: HallClient, taxpayer: Taxpayer) -> None:
    owing = TaxReturnFactory(taxpayer=taxpayer, owing=True)
    PaymentFactory(tax_return=owing, state=PaymentState.UNKNOWN)
    shown = text(hall.get(reverse("filing:return-pay", args=[owing.pk])))
    assert "待核实" in shown
    assert "尚不能确认是否扣款" in shown
    assert "重新缴款" not in shown


def test_a_failed_payment_offers_to_pay_again(hall: HallClient, taxpayer: Taxpayer) -> None:
    owing = TaxReturnFactory(taxpayer=taxpayer, owing=True)
    PaymentFactory(tax_return=owing, state=PaymentState.FAILED)
    shown = text(hall.get(reverse("filing:return-pay", args=[owing.pk])))
    assert "缴款失败" in shown
    assert "重新缴款" in shown


@pytest.mark.parametrize(("period_kind", "last"), [("monthly", "2026 年 12 月"), ("quarterly", "2026 年第 4 季度")])
def test_each_deadline_names_the_period_that_it_is_for(
    hall: HallClient, taxpayer: Taxpayer, period_kind: str, last: str
) -> None:
    Taxpayer.objects.filter(pk=taxpayer.pk).update(period_kind=period_kind)
    assert f"<span>所属期 {last}</span>" in text(hall.get(reverse("desk")))
    year = text(hall.get(reverse("filing:calendar"), {"month": "2027-01"})).partition('id="year-title"')[2]
    assert f"所属期 {last}</span>" in year
    assert year.count("没有应申报的所属期") == (0 if period_kind == "monthly" else 8)


def test_the_comparison_page_shows_numbers_tolerance_and_what_to_do(hall: HallClient, draft: TaxReturn) -> None:
    url = reverse("filing:comparison-create")
    shown = text(hall.get(hall.post(url, {"month": "2026-10"})["Location"]))
    assert "暂不能清卡" in shown
    assert "请先完成本期申报" in shown
    assert "容差" in shown
    assert ComparisonRun.objects.count() == 1


def test_voiding_asks_why_and_says_what_it_means(hall: HallClient, member: Membership, draft: TaxReturn) -> None:
    services.submit_return(actor=member.user, tax_return=draft, key="k", digest=selectors.current_sheet(draft).digest)
    url = reverse("filing:return-void", args=[draft.pk])
    assert "作废不能撤销" in text(hall.get(url))
    assert hall.post(url, {"reason": ""}).status_code == 422
    assert hall.post(url, {"reason": "少报"})["Location"] == reverse("filing:return-list")
    draft.refresh_from_db()
    assert draft.status == ReturnStatus.VOIDED


def test_the_calendar_is_open_to_everybody(client: Any) -> None:
    shown = text(client.get(reverse("filing:calendar"), {"month": "2026-10"}))
    assert "截止" in shown
    assert "2026-10-26（周一）" in shown
    future = text(client.get(reverse("filing:calendar"), {"month": "2027-05"}))
    assert "推算" in future
    assert client.get(reverse("filing:calendar"), {"month": "2027-99"}).status_code == 404
    assert client.get(reverse("filing:calendar"), {"month": "9999-12"}).status_code == 404


@pytest.mark.parametrize(
    "name", ["return-detail", "return-edit", "return-check", "return-void", "return-pay", "payment-status"]
)
def test_another_companys_return_is_the_same_as_an_absent_one(hall: HallClient, name: str) -> None:
    other = TaxReturnFactory(submitted=True)
    foreign = hall.get(reverse(f"filing:{name}", args=[other.pk]))
    absent = hall.get(reverse(f"filing:{name}", args=[999_999]))
    assert foreign.status_code == absent.status_code == 404


def test_another_companys_comparison_is_not_found(hall: HallClient) -> None:
    assert hall.get(reverse("filing:comparison-detail", args=[ComparisonRunFactory().pk])).status_code == 404


def test_an_issuer_looks_but_cannot_act(taxpayer: Taxpayer, draft: TaxReturn) -> None:
    issuer = HallClient().enter_as(MembershipFactory(taxpayer=taxpayer, role="issuer"))
    form = text(issuer.get(reverse("filing:return-edit", args=[draft.pk])))
    assert 'name="v-sales-8-services"' not in form
    assert issuer.post(reverse("filing:return-create"), {"period": "2026-10"}).status_code == 403
    answer = issuer.post(
        reverse("filing:return-edit", args=[draft.pk]), {"part": "sales", "version": "1", "v-sales-8-services": "1"}
    )
    assert answer.status_code == 403


def test_a_stranger_is_asked_to_sign_in(client: Any, draft: TaxReturn) -> None:
    answer = client.get(reverse("filing:return-edit", args=[draft.pk]))
    assert answer.status_code == 302
    assert "/account/" in answer["Location"]


def test_a_late_return_says_so_before_and_after(
    hall: HallClient, draft: TaxReturn, freeze: Callable[[str], datetime]
) -> None:
    freeze("2026-11-20")
    hall.enter_as(hall.membership)
    assert "按逾期申报记载" in text(hall.get(reverse("filing:return-check", args=[draft.pk])))
    assert "逾期未申报" in text(hall.get(reverse("filing:return-list")))


def test_the_list_does_a_fixed_number_of_queries(
    hall: HallClient, taxpayer: Taxpayer, django_assert_max_num_queries: Any
) -> None:
    for month in range(1, 9):
        TaxReturnFactory(
            taxpayer=taxpayer, paid=True, period_start=date(2026, month, 1), period_end=date(2026, month, 28)
        )
    with django_assert_max_num_queries(25):
        hall.get(reverse("filing:return-list"))
