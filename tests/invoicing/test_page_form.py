"""Writing an invoice in the browser, without script: lines come and go, nothing typed is lost."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Membership
from devices.models import Device, DeviceAuthorisation
from invoicing.models import Invoice
from tests.factories.devices import DeviceAuthorisationFactory, DeviceFactory
from tests.factories.invoicing import InvoiceFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import LINE, form_data, text_of

URL = reverse("invoicing:invoice-create")


def test_the_page_says_stock_limit_and_ceilings_first(enrolled: Device, seller_client: HallClient) -> None:
    words = text_of(seller_client.get(URL))

    assert "剩余份数 500 份" in words
    assert "不含税须小于 100,000.00 元" in words
    assert "离线票份数 0 / 100 份" in words


def test_a_disk_that_is_out_of_use_is_never_chosen_beforehand(seller: Membership, seller_client: HallClient) -> None:
    DeviceFactory(taxpayer=seller.taxpayer, serial="661999000010", lost=True)
    used = DeviceFactory(taxpayer=seller.taxpayer, serial="661999000020")
    pages = [seller_client.get(URL), seller_client.get(URL, {"device": "661999000010", "kind": "007"})]

    assert [page.context["form"].initial["device"] for page in pages] == [used.serial, used.serial]
    offered = dict(pages[0].context["form"].fields["device"].choices)
    assert list(offered) == [used.serial, "661999000010", ""]
    assert offered["661999000010"].endswith("（已挂失）")


def test_without_a_disk_in_use_a_new_invoice_begins_as_a_digital_one(
    seller: Membership, seller_client: HallClient
) -> None:
    DeviceFactory(taxpayer=seller.taxpayer, cancelled=True)
    first = seller_client.get(URL).context["form"].initial

    assert (first["device"], first["kind"]) == ("", "32")


def test_an_empty_stock_has_no_next_number_and_leads_to_the_stock_page(
    seller_client: HallClient, save: Callable[..., Invoice]
) -> None:
    draft = save()
    DeviceAuthorisation.objects.filter(device=draft.device).update(next_number=11, end_number=10)
    for page in (seller_client.get(URL), seller_client.get(reverse("invoicing:invoice-issue", args=[draft.pk]))):
        assert "剩余份数 0 份" in text_of(page)
        assert "下一张号码" not in text_of(page)
        assert reverse("devices:device-stock", args=["661999000001"]) in page.content.decode()


def test_a_preview_brings_the_terms_of_another_kind_and_the_kinds_of_another_disk(
    enrolled: Device, seller_client: HallClient
) -> None:
    other = DeviceFactory(taxpayer=enrolled.taxpayer, authorised=False)
    DeviceAuthorisationFactory(device=other, special=True, end_number=10_000_007)
    preview, shown = reverse("invoicing:invoice-preview"), "661999000001:007"
    opened = {"device": enrolled.serial, "kind": "007"}
    assert f'name="shown" value="{shown}"' in seller_client.get(URL, opened).content.decode()
    same = seller_client.post(preview, form_data(shown=shown)).content.decode()
    kind = seller_client.post(preview, form_data(shown=shown, kind="31"))
    disk = seller_client.post(preview, form_data(shown=shown, device=other.serial))

    assert 'id="terms"' not in same
    assert "数电票" in text_of(kind)
    assert 'id="id_kind"' not in kind.content.decode(), "the choice in hand is not taken away"
    assert "剩余份数 7 份" in text_of(disk)
    assert f'value="{other.serial}:004"' in disk.content.decode(), "the kind that the browser then shows"
    assert re.search(r'<select name="kind"[^>]*hx-swap-oob="true"', disk.content.decode())
    assert 'value="007"' not in disk.content.decode()


def test_rates_are_those_of_the_disk_and_the_taxpayer(enrolled: Device, seller_client: HallClient) -> None:
    DeviceAuthorisation.objects.filter(device=enrolled).update(rates=["13", "3", "1"])
    page = seller_client.get(URL)

    assert [code for code, _ in page.context["lines"].forms[0].fields["rate"].choices] == ["1", "3"]


def test_saving_keeps_a_draft_and_comes_back_to_it(enrolled: Device, seller_client: HallClient) -> None:
    response = seller_client.post(URL, form_data(), follow=True)

    invoice = Invoice.objects.get()
    assert response.redirect_chain[0][0] == reverse("invoicing:invoice-edit", args=[invoice.pk])
    assert "草稿已保存" in text_of(response)
    assert "¥1,010.00" in text_of(response)


def test_checking_leads_to_the_check_page(enrolled: Device, seller_client: HallClient) -> None:
    response = seller_client.post(URL, form_data(action="check"))

    assert response.url == reverse("invoicing:invoice-issue", args=[Invoice.objects.get().pk])


def test_a_line_is_added_without_losing_what_was_typed(enrolled: Device, seller_client: HallClient) -> None:
    response = seller_client.post(URL, form_data({**LINE, "price": "not a number"}, action="add-line"))

    lines = response.context["lines"].forms
    assert len(lines) == 2
    assert lines[0]["price"].value() == "not a number"
    assert "autofocus" in str(lines[1]["name"])
    assert not Invoice.objects.exists()


def test_a_line_is_removed(enrolled: Device, seller_client: HallClient) -> None:
    rows = [{**LINE, "name": name} for name in ("甲", "乙", "丙")]
    response = seller_client.post(URL, form_data(*rows, action="remove-1"))

    assert [line["name"].value() for line in response.context["lines"].forms] == ["甲", "丙"]


def test_the_last_line_leaves_an_empty_one(enrolled: Device, seller_client: HallClient) -> None:
    response = seller_client.post(URL, form_data(action="remove-0"))

    assert len(response.context["lines"].forms) == 1
    assert not response.context["lines"].forms[0]["name"].value()


NUMBER, ADDRESS, BANK = "购买方纳税人识别号", "购买方地址、电话", "购买方开户行及账号"


@pytest.mark.parametrize(
    ("kind", "buyer", "needed"),
    [
        ("007", "西安买方示例有限公司", {NUMBER}),
        ("007", "张三", set()),
        ("004", "张三", {NUMBER, ADDRESS, BANK}),
        ("31", "张三", {NUMBER}),
        ("005", "张三", {NUMBER}),
    ],
)
def test_labels_follow_kind_and_buyer_and_what_is_needed_may_still_be_saved_empty(
    enrolled: Device, seller_client: HallClient, kind: str, buyer: str, needed: set[str]
) -> None:
    given = form_data(action="recount", kind=kind, buyer_name=buyer, buyer_number="")
    words = text_of(seller_client.post(URL, given))

    optional = {label for label in (NUMBER, ADDRESS, BANK) if f"{label} （选填）" in words}
    assert optional == {NUMBER, ADDRESS, BANK} - needed
    assert f"请填写{NUMBER}" not in words, "the rules ask for it before the disk is asked, a draft may wait"


def test_a_preview_brings_the_labels_up_to_date(enrolled: Device, seller_client: HallClient) -> None:
    preview = reverse("invoicing:invoice-preview")
    company = seller_client.post(preview, form_data(buyer_number="")).content.decode()
    person = seller_client.post(preview, form_data({**LINE, "price": "?"}, buyer_name="张三")).content.decode()

    assert '<span class="optional" id="id_buyer_number_optional" hx-swap-oob="true"></span>' in company
    assert '<span class="optional" id="id_buyer_number_optional" hx-swap-oob="true">（选填）</span>' in person
    assert "hx-swap-oob" not in seller_client.get(URL).content.decode()


def test_counting_again_shows_totals_and_capitals(enrolled: Device, seller_client: HallClient) -> None:
    words = text_of(seller_client.post(URL, form_data(action="recount")))

    assert "¥1,010.00" in words
    assert "⊗壹仟零壹拾圆整" in words


def test_the_switch_takes_prices_with_tax(enrolled: Device, seller_client: HallClient) -> None:
    seller_client.post(URL, form_data(is_tax_inclusive="on"))

    invoice = Invoice.objects.get()
    assert (invoice.amount, invoice.tax, invoice.total) == (Decimal("990.10"), Decimal("9.90"), Decimal("1000.00"))


def test_what_cannot_be_read_is_named_and_kept(enrolled: Device, seller_client: HallClient) -> None:
    response = seller_client.post(URL, form_data({**LINE, "quantity": "两", "amount": "1.234"}))

    assert response.status_code == 422
    words = text_of(response)
    assert "请填写数字，例如 12.5" in words
    assert "金额最多两位小数" in words
    assert response.context["lines"].forms[0]["quantity"].value() == "两"
    assert not Invoice.objects.exists()


def test_back_and_resend_is_one_draft(enrolled: Device, seller_client: HallClient) -> None:
    data = form_data()
    seller_client.post(URL, data)
    seller_client.post(URL, data)

    assert Invoice.objects.count() == 1


def test_resending_the_form_of_an_issued_invoice_leads_to_it(
    enrolled: Device, seller_client: HallClient, order: Callable[..., Invoice]
) -> None:
    sent = order()
    response = seller_client.post(URL, form_data(draft_key=sent.draft_key, buyer_name="别人"), follow=True)

    assert response.redirect_chain[0][0] == reverse("invoicing:invoice-detail", args=[sent.pk])
    assert "改动没有保存" in text_of(response)
    assert Invoice.objects.get().buyer_name == "西安买方示例有限公司"


def test_an_issued_invoice_has_no_edit_page(seller_client: HallClient, order: Callable[..., Invoice]) -> None:
    sent = order()
    response = seller_client.get(reverse("invoicing:invoice-edit", args=[sent.pk]), follow=True)

    assert "内容不能再修改" in text_of(response)


def test_the_live_preview_is_the_face(enrolled: Device, seller_client: HallClient) -> None:
    response = seller_client.post(reverse("invoicing:invoice-preview"), form_data())

    assert "¥1,010.00" in text_of(response)
    assert not Invoice.objects.exists()


def test_saving_while_typing_says_when(enrolled: Device, seller_client: HallClient) -> None:
    url, key = reverse("invoicing:invoice-autosave"), uuid.uuid4()
    assert "草稿已保存 10:00" in text_of(seller_client.post(url, form_data(draft_key=key)))
    seller_client.post(url, form_data(draft_key=key))

    assert Invoice.objects.count() == 1


def test_an_empty_form_is_not_saved_while_typing(enrolled: Device, seller_client: HallClient) -> None:
    blank = dict.fromkeys(LINE, "") | {"rate": "1"}
    response = seller_client.post(reverse("invoicing:invoice-autosave"), form_data(blank, buyer_name=""))

    assert response.status_code == 204
    assert not Invoice.objects.exists()


def test_another_companys_disk_is_no_choice(enrolled: Device, outsider_client: HallClient) -> None:
    response = outsider_client.post(URL, form_data())

    assert response.status_code in (409, 422)
    assert not Invoice.objects.exists()


def test_a_company_without_a_disk_is_told_what_to_do(seller_client: HallClient) -> None:
    response = seller_client.get(URL)

    assert response.status_code == 409
    assert "还没有登记税控设备" in text_of(response)


def test_another_companys_draft_looks_absent(seller_client: HallClient, enrolled: Device) -> None:
    foreign = InvoiceFactory()
    for name in ("edit", "detail", "issue", "void", "discard", "status"):
        response = seller_client.get(reverse(f"invoicing:invoice-{name}", args=[foreign.pk]))
        absent = seller_client.get(reverse(f"invoicing:invoice-{name}", args=[10**9]))
        assert (response.status_code, absent.status_code) == (404, 404)
