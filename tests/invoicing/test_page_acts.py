"""Issuing, waiting and voiding in the browser: one invoice, true words, the way back from the PIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from devices.models import Device, DeviceCommand
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.harness.clients import HallClient
from tests.invoicing.conftest import LINE
from tests.invoicing.disk import SigningDisk
from tests.invoicing.pages import text_of

Make = Callable[..., Invoice]


def page(name: str, invoice: Invoice) -> str:
    return reverse(f"invoicing:invoice-{name}", args=[invoice.pk])


def test_a_draft_is_checked_and_issued_with_one_key(save: Make, seller_client: HallClient) -> None:
    invoice = save()
    checked = seller_client.get(page("issue", invoice))
    assert "检查通过，可以开具" in text_of(checked)

    key = checked.context["key"]
    for _ in range(3):
        response = seller_client.post(page("issue", invoice), {"key": key})
        assert response.url == page("detail", invoice)
    assert DeviceCommand.objects.count() == 1


def test_problems_are_named_with_their_place_and_nothing_is_sent(save: Make, seller_client: HallClient) -> None:
    invoice = save(buyer_name="")
    response = seller_client.post(page("issue", invoice), {"key": "k"})

    assert response.status_code == 422
    assert "还没有填写购买方名称" in text_of(response)
    assert f"{page('edit', invoice)}#id_buyer_name" in response.content.decode()
    assert not DeviceCommand.objects.exists()


def test_a_wrong_check_digit_is_advice_only(save: Make, seller_client: HallClient) -> None:
    words = text_of(seller_client.get(page("issue", save(buyer_number="91610131MA6TEKT0XX"))))

    assert "校验位不符" in words
    assert "开具发票（价税合计" in words


def test_a_code_outside_the_table_is_advice_and_the_disk_still_signs(save: Make, seller_client: HallClient) -> None:
    call_command("load_tax_codes", verbosity=0)
    line = replace(LINE, tax_code="1999999999999999999")
    invoice = save(lines=(line, replace(LINE, name="维护"), line))
    with CaptureQueriesContext(connection) as queries:
        checked = seller_client.get(page("issue", invoice))

    assert "不在本厅的税收分类编码表中" in text_of(checked)
    assert sum("invoicing_taxcode" in each["sql"] for each in queries) == 1, "one look for all lines"
    assert "*信息技术服务*维护" in text_of(checked), "the short name of a known code is put before a typed name"
    seller_client.post(page("issue", invoice), {"key": "k"})
    assert DeviceCommand.objects.count() == 1


def test_a_locked_disk_leads_to_the_pin_and_back(save: Make, seller_client: HallClient, disk: SigningDisk) -> None:
    disk.is_unlocked = False
    invoice = save()
    response = seller_client.post(page("issue", invoice), {"key": "k"})

    unlock = reverse("devices:device-unlock", args=[invoice.device.serial])
    assert response.url == f"{unlock}?next={page('issue', invoice).replace('/', '%2F')}"
    assert not DeviceCommand.objects.exists()


def test_the_waiting_page_polls_until_the_number_is_there(order: Make, seller_client: HallClient) -> None:
    invoice = order()
    waiting = seller_client.get(page("detail", invoice))
    assert f'hx-get="{page("status", invoice)}"' in waiting.content.decode()
    assert b'http-equiv="refresh"' in waiting.content

    poll = {"HX-Request": "true"}
    assert "开具中" in text_of(seller_client.get(page("status", invoice), headers=poll))
    services.perform_issue(invoice_id=invoice.pk)
    assert seller_client.get(page("status", invoice), headers=poll).headers["HX-Refresh"] == "true"
    assert seller_client.get(page("status", invoice)).url == page("detail", invoice)


def test_the_face_shows_what_the_paper_shows(issued: Make, seller_client: HallClient) -> None:
    invoice = issued()
    words = text_of(seller_client.get(page("detail", invoice)))

    for part in (
        "陕西增值税普通发票",
        "机器编号 661999000001",
        "发票代码 061002200111",
        "发票号码 10000001",
        "2026 年 11 月 16 日",
        "¥1,000.00",
        "1%",
        "⊗壹仟零壹拾圆整",
        "设备已签发",
    ):
        assert part in words
    assert " ".join(invoice.check_code[start : start + 5] for start in range(0, 20, 5)) in words


def test_a_special_invoice_prints_no_check_code(issued: Make, seller_client: HallClient) -> None:
    invoice = issued(kind="004", buyer_address="西安市 1 号 029-1", buyer_bank="示例银行 6100")
    words = text_of(seller_client.get(page("detail", invoice)))

    assert "增值税专用发票" in words
    assert "校验码" not in words


def test_exempt_lines_print_stars(issued: Make, seller_client: HallClient) -> None:
    from dataclasses import replace

    from tests.invoicing.conftest import LINE

    words = text_of(seller_client.get(page("detail", issued(lines=(replace(LINE, rate="exempt"),)))))
    assert "免税" in words
    assert "***" in words


def test_what_the_disk_refused_is_told_with_what_to_do(
    order: Make, seller_client: HallClient, disk: SigningDisk
) -> None:
    invoice = order()
    disk.faults = ["disk.over_limit"]
    services.perform_issue(invoice_id=invoice.pk)
    invoice.refresh_from_db()

    words = text_of(seller_client.get(page("detail", invoice)))
    assert invoice.error_text in words
    assert invoice.error_next_step in words
    assert "没有开具，退回草稿" in words


def test_doubt_offers_no_retry(order: Make, seller_client: HallClient, disk: SigningDisk) -> None:
    invoice = order()
    disk.faults = ["lost after"]
    services.perform_issue(invoice_id=invoice.pk)

    response = seller_client.get(page("detail", invoice))
    assert "待核实" in text_of(response)
    assert "检查并开具" not in text_of(response)
    assert page("cancel", invoice) not in response.content.decode()
    desk = seller_client.get(reverse("desk"))
    assert "查看待核实的发票" in text_of(desk)
    assert page("detail", invoice) in desk.content.decode()


def test_of_an_electronic_invoice_no_voiding_is_offered_or_advised(
    seller: Membership, enrolled: Device, seller_client: HallClient
) -> None:
    invoice = IssuedInvoiceFactory(taxpayer=seller.taxpayer, device=enrolled, kind="026")
    told = seller_client.get(page("edit", invoice), follow=True)

    assert "开错的不能作废，只能红冲" in text_of(told)
    assert page("void", invoice) not in told.content.decode()
    assert page("red", invoice) in told.content.decode()
    late = text_of(seller_client.post(page("cancel", invoice), follow=True))
    assert "电子发票不能作废" in late


def test_an_order_is_taken_back_from_the_page(order: Make, seller_client: HallClient) -> None:
    invoice = order()
    response = seller_client.post(page("cancel", invoice), follow=True)

    assert "已撤回，发票退回草稿" in text_of(response)
    assert Invoice.objects.get().state == InvoiceState.DRAFT


def test_taking_back_too_late_says_so(issued: Make, seller_client: HallClient) -> None:
    assert "不能撤回" in text_of(seller_client.post(page("cancel", issued()), follow=True))


def test_a_draft_is_removed_after_asking(save: Make, seller_client: HallClient) -> None:
    invoice = save()
    assert "删除这份草稿？" in text_of(seller_client.get(page("discard", invoice)))
    assert Invoice.objects.exists()

    seller_client.post(page("discard", invoice))
    assert not Invoice.objects.exists()


def test_voiding_tests_first_then_confirms(issued: Make, seller_client: HallClient) -> None:
    invoice = issued()
    words = text_of(seller_client.get(page("void", invoice)))
    assert words.count("通过") >= 4
    assert "作废不可撤销" in words

    sent = {"number": invoice.number, "reason": "开票有误", "copies_returned": "on"}
    assert seller_client.post(page("void", invoice), sent).url == page("detail", invoice)
    services.perform_void(invoice_id=invoice.pk)
    assert "已作废" in text_of(seller_client.get(page("detail", invoice)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": "99999999"}, "请输入这张发票的 8 位号码"),
        ({"reason": ""}, "请填写作废原因"),
        ({"copies_returned": ""}, "请先勾选"),
    ],
)
def test_an_unconfirmed_void_is_not_sent(
    issued: Make, seller_client: HallClient, change: dict[str, str], words: str
) -> None:
    invoice = issued()
    data = {"number": invoice.number, "reason": "开票有误", "copies_returned": "on"} | change
    response = seller_client.post(page("void", invoice), data)

    assert response.status_code == 422
    assert words in text_of(response)
    assert Invoice.objects.get().state == InvoiceState.ISSUED


def test_a_reported_period_shows_which_condition_fails(
    issued: Make, seller_client: HallClient, enrolled: Device
) -> None:
    invoice = issued()
    Device.objects.filter(pk=enrolled.pk).update(is_reported=True)
    words = text_of(seller_client.get(page("void", invoice)))

    assert "不满足" in words
    assert "抄报后的发票不能作废" in words
    sent = {"number": invoice.number, "reason": "开票有误", "copies_returned": "on"}
    response = seller_client.post(page("void", invoice), sent)
    assert response.status_code == 409
    assert "仍然有效" in text_of(response)


@pytest.mark.parametrize("name", ["cancel", "preview", "autosave"])
def test_acts_are_not_done_by_a_link(seller_client: HallClient, save: Make, name: str) -> None:
    invoice = save()
    args = [invoice.pk] if name == "cancel" else []
    assert seller_client.get(reverse(f"invoicing:invoice-{name}", args=args)).status_code == 405


def test_another_company_cannot_act(issued: Make, save: Make, outsider_client: HallClient) -> None:
    for invoice in (issued(), save()):
        for name in ("issue", "cancel", "discard", "void"):
            assert outsider_client.post(page(name, invoice), {"key": "k"}).status_code == 404
