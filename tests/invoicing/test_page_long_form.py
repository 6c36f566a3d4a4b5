"""Many lines on the editing page: as many as it promises are saved, and none is ever dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from django.urls import reverse

from devices.models import Device, DeviceAuthorisation
from invoicing.forms import LineForm
from invoicing.models import Invoice
from invoicing.rules import MAX_LINES
from tests.harness.clients import HallClient
from tests.invoicing.conftest import LINE as STORED
from tests.invoicing.pages import LINE, form_data, text_of

URL = reverse("invoicing:invoice-create")


def typed(count: int) -> list[dict[str, str]]:
    """Return lines with every field that a line can have."""
    full = dict.fromkeys(LineForm.base_fields, "") | LINE | {"price": "1"}
    return [full | {"name": f"第{each}行"} for each in range(count)]


def test_as_many_lines_as_the_page_promises_are_saved_with_all_their_fields(
    enrolled: Device, seller_client: HallClient
) -> None:
    DeviceAuthorisation.objects.filter(device=enrolled).update(rates=["13", "3", "1", "0"])
    seller_client.post(URL, form_data(*typed(MAX_LINES)))

    assert Invoice.objects.get().lines.count() == MAX_LINES


def test_a_full_page_adds_no_line_and_drops_none(enrolled: Device, seller_client: HallClient) -> None:
    page = seller_client.post(URL, form_data(*typed(MAX_LINES), action="add-line"))

    assert "本页最多填写 100 行" in text_of(page)
    assert [line["name"].value() for line in page.context["lines"]] == [line["name"] for line in typed(MAX_LINES)]


def test_more_lines_than_the_page_holds_come_back_whole_and_are_not_saved(
    enrolled: Device, seller_client: HallClient
) -> None:
    for action in ("save", "recount"):
        page = seller_client.post(URL, form_data(*typed(105), action=action))

        assert page.status_code == 422
        assert "本页最多填写 100 行" in text_of(page)
        assert len(page.context["lines"].forms) == 105
    assert not Invoice.objects.exists()


def test_a_draft_too_long_for_the_page_explains_itself_and_stays_as_it_is(
    seller_client: HallClient, save: Callable[..., Invoice]
) -> None:
    draft = save(lines=tuple(replace(STORED, price=Decimal(each)) for each in range(1, 106)))
    url = reverse("invoicing:invoice-edit", args=[draft.pk])
    page = seller_client.get(url, follow=True)

    assert page.redirect_chain[0][0] == reverse("invoicing:invoice-detail", args=[draft.pk])
    assert "有 105 行明细，页面最多修改 100 行" in text_of(page)
    seller_client.post(reverse("invoicing:invoice-autosave"), form_data(draft_key=draft.draft_key))
    for action in ("recount", "save"):
        seller_client.post(url, form_data(draft_key=draft.draft_key, action=action))
    assert draft.lines.count() == 105


def test_numbers_are_shown_without_the_zeros_of_their_columns(
    seller_client: HallClient, save: Callable[..., Invoice]
) -> None:
    draft = save(lines=(replace(STORED, quantity=Decimal(100), price=Decimal("1.50")),))
    page = seller_client.get(reverse("invoicing:invoice-edit", args=[draft.pk]))

    line = page.context["lines"].forms[0]
    assert (line["quantity"].value(), line["price"].value()) == ("100", "1.5")
