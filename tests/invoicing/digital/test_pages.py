"""The pages of a company that issues digital invoices: editor, check, invoice, list, filters, API."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import Membership
from devices.models import Device
from invoicing.models import CreditChange, Invoice
from tests.harness.clients import HallClient
from tests.invoicing.pages import form_data, text_of

CREATE = "invoicing:invoice-create"


def test_without_a_disk_the_editor_offers_digital_invoices_alone(
    seller_client: HallClient, credit: CreditChange
) -> None:
    page = seller_client.get(reverse(CREATE))
    kinds = [code for code, _label in page.context["form"].fields["kind"].choices]
    assert kinds == ["32", "31"]
    assert "本月还可开具 5,000.00 元" in text_of(page)


def test_with_neither_disk_nor_credit_both_ways_are_told(seller_client: HallClient, frozen_day: object) -> None:
    page = seller_client.get(reverse(CREATE))
    assert page.status_code == 409
    assert "总额度" in text_of(page)


def test_with_a_disk_and_no_credit_the_page_says_where_to_ask(seller_client: HallClient, enrolled: Device) -> None:
    words = text_of(seller_client.get(reverse(CREATE), {"kind": "32"}))
    assert "还没有核定数电票的发票总额度" in words
    assert "主管税务机关" in words


def test_a_disk_kind_without_a_disk_is_refused_at_its_field(seller_client: HallClient, enrolled: Device) -> None:
    page = seller_client.post(reverse(CREATE), form_data(device="", kind="007"))
    assert page.status_code == 422
    assert page.context["form"].errors["device"]


def test_from_the_form_to_the_number_without_script(
    seller_client: HallClient, credit: CreditChange, seller: Membership
) -> None:
    saved = seller_client.post(reverse(CREATE), form_data(device="", kind="32", action="check"), follow=True)
    assert "数电票开具后立即生效" in text_of(saved)
    draft = Invoice.objects.get()
    url = reverse("invoicing:invoice-issue", args=[draft.pk])
    data = {"key": uuid.uuid4().hex}
    seller_client.post(url, data)
    page = seller_client.post(url, data, follow=True)
    done = Invoice.objects.get()
    words = text_of(page)
    assert done.number in words
    assert "数电票已开具，并已归集到税务机关" in words
    assert reverse("invoicing:invoice-void", args=[done.pk]) not in page.content.decode()
    void = text_of(seller_client.get(reverse("invoicing:invoice-void", args=[done.pk])))
    assert "电子发票不能作废" in void
    assert done.number in text_of(seller_client.get(reverse("invoicing:invoice-list"), {"kind": "32"}))
    edit = seller_client.get(reverse("invoicing:invoice-create"), {"kind": "32"})
    assert "本月还可开具 4,000.00 元" in text_of(edit)


def test_more_than_the_credit_is_told_before_issuing(
    seller_client: HallClient, credit: CreditChange, save: Callable[..., Invoice]
) -> None:
    url = reverse("invoicing:invoice-issue", args=[save("5000.01").pk])
    assert "超过本月还可开具的 5,000.00 元" in text_of(seller_client.get(url))
    assert seller_client.post(url, {"key": "k"}).status_code == 422


def test_the_api_shows_it_without_a_disk(
    seller_client: HallClient, credit: CreditChange, save: Callable[..., Invoice], issue: Callable[[Invoice], Invoice]
) -> None:
    done = issue(save())
    found = seller_client.get("/api/v1/invoices/", {"kind": "32"}).json()["results"]
    assert [(each["number"], each["device"], each["code"]) for each in found] == [(done.number, "", "")]
    assert seller_client.get(f"/api/v1/invoices/{done.pk}/").json()["device"] == ""


@pytest.mark.usefixtures("credit")
def test_desk_and_clear_pages_ask_nothing_of_who_has_no_disk(
    seller_client: HallClient, save: Callable[..., Invoice], issue: Callable[[Invoice], Invoice]
) -> None:
    issue(save())
    for name in ("desk", "clearcard:case-list"):
        words = text_of(seller_client.get(reverse(name), follow=True))
        assert "您只开数电票，无需抄报和清卡" in words
