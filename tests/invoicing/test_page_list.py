"""The list page: filters, captions equal to SQL, quick views, paging, outsiders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from accounts.models import Membership
from devices.models import Device
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from invoicing.selectors import totals
from tests.factories.invoicing import (
    InDoubtInvoiceFactory,
    InvoiceFactory,
    IssuedInvoiceFactory,
    VoidedInvoiceFactory,
    line,
)
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of

URL = reverse("invoicing:invoice-list")


@pytest.fixture
def ledger(seller: Membership, enrolled: Device) -> dict[str, int]:
    """Return invoices of every sort of one company, by name."""
    own = {"taxpayer": seller.taxpayer, "device": enrolled, "drawer": seller.user}
    made = {
        "small": IssuedInvoiceFactory(**own, number="10000001", buyer_name="甲公司", lines=[line("100.00")]),
        "large": IssuedInvoiceFactory(
            **own, kind="004", number="10000002", buyer_name="乙公司", lines=[line("5000.00", "3")], is_uploaded=False
        ),
        "october": IssuedInvoiceFactory(**own, number="10000003", dated_on=date(2026, 10, 20)),
        "voided": VoidedInvoiceFactory(**own, number="10000004", lines=[line("300.00")]),
        "doubt": InDoubtInvoiceFactory(**own, buyer_name="丙公司"),
        "draft": InvoiceFactory(**own, buyer_name="丁公司"),
    }
    IssuedInvoiceFactory(number="10000099", buyer_name="别家的买方")
    return {name: invoice.pk for name, invoice in made.items()}


def shown(client: HallClient, **filters: object) -> set[int]:
    response = client.get(f"{URL}?{urlencode(filters)}")
    assert response.status_code == 200
    return {row.pk for row in response.context["page_obj"]}


def test_the_current_month_is_shown_first(ledger: dict[str, int], seller_client: HallClient) -> None:
    response = seller_client.get(URL)

    assert {row.pk for row in response.context["page_obj"]} == set(ledger.values()) - {ledger["october"]}
    assert "2026 年 11 月 · 共 5 张" in text_of(response)
    assert "别家的买方" not in text_of(response)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"period": "2026-10"}, {"october"}),
        ({"kind": "004"}, {"large"}),
        ({"state": "voided"}, {"voided"}),
        ({"state": "in_doubt"}, {"doubt"}),
        ({"state": "draft"}, {"draft"}),
        ({"unsent": "on"}, {"large"}),
        ({"buyer": "甲"}, {"small"}),
        ({"number": "0000002"}, {"large"}),
        ({"number": "1000"}, {"small", "large", "october", "voided"}),
        ({"number": "61000"}, set()),
        ({"number": "061002600104"}, {"small", "october", "voided"}),
        ({"rate": "3"}, {"large"}),
        ({"amount_from": "5,000"}, {"large"}),
        ({"amount_to": "101.00", "state": "issued"}, {"small", "october"}),
        ({"device": "661999000001", "kind": "004"}, {"large"}),
        ({"device": "661000000000"}, set()),
        ({"buyer": "100%_"}, set()),
    ],
)
def test_each_filter_narrows_the_list(
    ledger: dict[str, int], seller_client: HallClient, filters: dict[str, str], expected: set[str]
) -> None:
    assert shown(seller_client, **filters) == {ledger[name] for name in expected}


def test_the_caption_counts_what_sql_counts(ledger: dict[str, int], seller_client: HallClient) -> None:
    response = seller_client.get(URL + "?period=2026-11")

    total = Decimal("101.00") + Decimal("5150.00") + Decimal("101.00")
    assert f"共 5 张 · 价税合计 {total:,.2f} 元（草稿和已作废的 2 张不计）" in text_of(response)
    assert b'role="status"' in response.content


def test_a_list_of_drafts_alone_tells_what_they_come_to(ledger: dict[str, int], seller_client: HallClient) -> None:
    total = Invoice.objects.get(pk=ledger["draft"]).total
    assert f"共 1 张 · 价税合计 {total:,.2f} 元" in text_of(seller_client.get(URL + "?state=draft"))


def test_a_list_of_voided_ones_says_that_they_are_no_money(ledger: dict[str, int], seller_client: HallClient) -> None:
    assert "共 1 张，都是草稿或已作废的，不计金额" in text_of(seller_client.get(URL + "?state=voided"))


def test_a_filter_becomes_a_chip_that_takes_it_away(ledger: dict[str, int], seller_client: HallClient) -> None:
    response = seller_client.get(URL + "?kind=004&buyer=乙")

    chips = {chip.label: chip.query for chip in response.context["chips"]}
    assert set(chips) == {"票种：增值税专用发票", "购买方：乙"}
    assert "kind" not in chips["票种：增值税专用发票"]


def test_a_month_that_cannot_be_read_says_so_and_narrows_nothing(
    ledger: dict[str, int], seller_client: HallClient
) -> None:
    response = seller_client.get(URL + "?period=2026-13")

    assert response.status_code == 200
    assert "请填写所属期" in text_of(response)


@pytest.mark.parametrize(("sort", "first"), [("-total", "large"), ("total", "small"), ("dated_on", "october")])
def test_headings_sort(ledger: dict[str, int], seller_client: HallClient, sort: str, first: str) -> None:
    response = seller_client.get(URL + f"?state=issued&sort={sort}")

    assert response.context["page_obj"][0].pk in {ledger[first], ledger["october"] if first == "small" else 0}
    assert b"aria-sort" in response.content


def test_pages_of_fifty_follow_each_other_and_lead_back(
    seller: Membership, enrolled: Device, seller_client: HallClient
) -> None:
    for _ in range(101):
        InvoiceFactory(taxpayer=seller.taxpayer, device=enrolled, drawer=seller.user)

    pages, query = [], "period=2026-11&sort=total"
    cursor = ""
    for _ in range(3):
        page = seller_client.get(f"{URL}?{query}&from={cursor}").context["page_obj"]
        pages.append([row.pk for row in page])
        cursor = page.next
    assert [len(page) for page in pages] == [50, 50, 1]
    assert (cursor, len({pk for page in pages for pk in page})) == ("", 101)

    back = seller_client.get(f"{URL}?{query}&from={page.previous}").context["page_obj"]
    assert [row.pk for row in back] == pages[1]
    first = seller_client.get(f"{URL}?{query}&from={back.previous}").context["page_obj"]
    assert ([row.pk for row in first], first.previous) == (pages[0], "")


@pytest.mark.parametrize("cursor", ["nonsense", "a_2026-13-01_5", "a_2026-11-16", "x_2026-11-16_5", "a_2026-11-16_x"])
def test_an_address_that_was_cut_shows_the_first_page(
    ledger: dict[str, int], seller_client: HallClient, cursor: str
) -> None:
    assert len(shown(seller_client, period="2026-11", **{"from": cursor})) == 5


def test_more_than_can_be_counted_is_said_so(
    ledger: dict[str, int], seller_client: HallClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "MOST_COUNTED", 2)
    assert "超过 2 张" in text_of(seller_client.get(URL + "?state=issued"))
    assert "共 1 张" in text_of(seller_client.get(URL + "?state=voided"))


def test_what_stands_in_the_way_of_a_clear_is_one_click_away(ledger: dict[str, int], seller_client: HallClient) -> None:
    Invoice.objects.filter(pk=ledger["large"]).update(print_count=1)
    Invoice.objects.filter(pk=ledger["doubt"]).update(error_code="disk.bad_signature")

    assert shown(seller_client, unprinted="on") == {ledger["small"], ledger["october"]}
    assert shown(seller_client, badsign="on") == {ledger["doubt"]}
    assert shown(seller_client, colour="red") == set()
    views = {chip.label for chip in seller_client.get(URL).context["views"]}
    assert {"未上传", "未打印", "验签失败", "红字"} <= views


def test_the_list_takes_the_same_statements_for_one_and_for_fifty(
    seller: Membership,
    enrolled: Device,
    seller_client: HallClient,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for _ in range(50):
        InvoiceFactory(taxpayer=seller.taxpayer, device=enrolled, drawer=seller.user)
    with django_assert_max_num_queries(10):
        seller_client.get(URL)


def test_what_somebody_filtered_does_not_stay_in_the_form_of_the_next(
    ledger: dict[str, int], seller_client: HallClient, taxpayer_client: HallClient
) -> None:
    before = seller_client.get(URL).content.decode()
    assert 'value="只此一家"' in seller_client.get(URL + "?buyer=只此一家").content.decode()
    for client in (seller_client, taxpayer_client):
        after = client.get(URL).content.decode()
        assert "只此一家" not in after
        assert after.split('<form method="get"')[1].split("</form>")[0] in before


def test_what_people_typed_is_escaped_in_the_table_and_on_the_card(
    seller: Membership, enrolled: Device, seller_client: HallClient
) -> None:
    IssuedInvoiceFactory(
        taxpayer=seller.taxpayer, device=enrolled, drawer=seller.user, buyer_name="<b>甲</b>&乙", code="<i>"
    )
    page = seller_client.get(URL).content.decode()
    assert page.count("&lt;b&gt;甲&lt;/b&gt;&amp;乙") == 2
    assert "<b>甲" not in page
    assert '<span class="hint">&lt;i&gt;</span>' in page


def test_htmx_gets_the_list_alone(ledger: dict[str, int], seller_client: HallClient) -> None:
    response = seller_client.get(URL + "?kind=004", headers={"HX-Request": "true"})

    assert b"<html" not in response.content
    assert b'id="invoices"' in response.content


def test_an_empty_list_leads_on(seller_client: HallClient) -> None:
    assert "没有符合条件的发票" in text_of(seller_client.get(URL))


def test_who_is_not_signed_in_is_sent_to_sign_in(client: HallClient) -> None:
    assert client.get(URL).status_code == 302


def test_states_are_words() -> None:
    labels = [str(state.label) for state in InvoiceState]
    assert labels == ["草稿", "开具中", "正常", "作废中", "已作废", "待核实"]
