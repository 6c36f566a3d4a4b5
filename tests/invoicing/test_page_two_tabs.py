"""Two tabs with one draft: no save undoes another unseen, and no save of one's own is taken for another's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from devices.models import Device
from invoicing import services
from invoicing.drafts import InvoiceDraft
from invoicing.models import Invoice, TaxCode
from tests.harness.clients import HallClient
from tests.invoicing.conftest import LINE as STORED
from tests.invoicing.pages import LINE, form_data, text_of

NEW = reverse("invoicing:invoice-create")
AUTOSAVE = reverse("invoicing:invoice-autosave")


def edit(draft: Invoice) -> str:
    return reverse("invoicing:invoice-edit", args=[draft.pk])


def seen_on(page: Any) -> str:
    return str(page.context["form"]["seen"].value())


def test_a_save_over_another_is_refused_and_keeps_what_was_typed(
    seller_client: HallClient, save: Callable[..., Invoice]
) -> None:
    draft = save()
    seen = seen_on(seller_client.get(edit(draft)))
    sent = {"draft_key": draft.draft_key, "seen": seen}
    assert seller_client.post(edit(draft), form_data(**sent, buyer_name="甲公司")).status_code == 302
    page = seller_client.post(edit(draft), form_data(**sent, buyer_name="乙公司"))

    assert page.status_code == 409
    assert "在别处改过" in text_of(page)
    assert "2026-" in text_of(page)
    assert page.context["form"]["buyer_name"].value() == "乙公司"
    assert Invoice.objects.get().buyer_name == "甲公司"
    assert "在别处改过" in text_of(seller_client.post(AUTOSAVE, form_data(**sent, buyer_name="乙公司")))
    assert Invoice.objects.get().buyer_name == "甲公司"
    button = re.search(r'name="overwrite" value="(\w+)"', page.content.decode())
    assert button is not None
    seller_client.post(edit(draft), form_data(**sent, buyer_name="乙公司", overwrite=button[1]))
    assert Invoice.objects.get().buyer_name == "乙公司"
    again = seller_client.post(edit(draft), form_data(**sent, buyer_name="丙公司", overwrite=button[1]))
    assert again.status_code == 409, "the button answers for what stood there when it was offered"


@pytest.mark.parametrize("name", [LINE["name"], "软件开发"], ids=["as it is kept", "kept with a short name before it"])
def test_a_tab_goes_on_saving_after_its_own_autosaves(enrolled: Device, seller_client: HallClient, name: str) -> None:
    code = {"code": str(LINE["tax_code"]), "name": "软件开发服务", "short_name": "信息技术服务"}
    TaxCode.objects.create(**code, rates=["6"], is_leaf=True)
    data, seen = form_data(LINE | {"name": name}), ""
    for buyer in ("甲", "乙公司", "丙公司"):
        answer = seller_client.post(AUTOSAVE, {**data, "seen": seen, "buyer_name": buyer}).content.decode()
        assert "草稿已保存" in answer
        seen = re.findall(r'name="seen" value="(\w+)" id="id_seen" hx-swap-oob="true"', answer)[0]
    assert seller_client.post(NEW, {**data, "seen": seen, "buyer_name": "丁公司"}).status_code == 302
    assert Invoice.objects.get().buyer_name == "丁公司"
    stale = seller_client.post(NEW, {**data, "seen": "", "buyer_name": "甲"})
    assert (stale.status_code, Invoice.objects.get().buyer_name) == (409, "丁公司")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"is_tax_inclusive": "on", "discount": "3.33", "price": "0.12345678", "quantity": "100.10"},
        {"is_tax_inclusive": "on", "deduction": "100"},
        {"amount": "999.99", "unit": "  项 ", "name": "甲　　乙"},
        {"kind": "31", "device": ""},
    ],
)
def test_the_same_save_sent_again_is_no_conflict(
    enrolled: Device, seller_client: HallClient, changes: dict[str, str]
) -> None:
    line = LINE | {name: value for name, value in changes.items() if name in LINE}
    data = form_data(line, **{name: value for name, value in changes.items() if name not in LINE})
    for _ in range(2):
        assert seller_client.post(NEW, data).status_code == 302
    draft = Invoice.objects.get()
    page = seller_client.get(edit(draft))
    assert services.draft_mark(draft) == seen_on(page)
    assert "草稿已保存" in text_of(seller_client.post(AUTOSAVE, data)), "as often as it is sent"


def test_the_mark_names_whatever_a_draft_holds(
    save: Callable[..., Invoice], write: Callable[..., InvoiceDraft]
) -> None:
    draft = save()
    first, found = services.draft_mark(draft), write(draft_key=draft.draft_key)
    changed: dict[str, Any] = {
        "remark": "甲",
        "payee": "乙",
        "is_tax_inclusive": True,
        "lines": (replace(STORED, spec="丙"),),
    }
    others = [*changed.items(), ("lines", (replace(STORED, quantity=Decimal(2), price=Decimal(500)),)), ("lines", ())]

    assert services.entered_mark(found, draft.device) == first
    assert first not in [services.entered_mark(replace(found, **{name: value}), draft.device) for name, value in others]
