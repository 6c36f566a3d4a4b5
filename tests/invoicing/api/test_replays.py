"""An answer is given again only to who may still have it, and a printed face not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import IdempotentRequest, Membership
from invoicing.models import Invoice
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.invoicing.api.conftest import Send, address

KEY = "print-00000001"


@pytest.fixture
def printed(send: Send, seller: Membership, enrolled: Any) -> Callable[..., Any]:
    """Return a function that prints one invoice of the seller under one key."""
    invoice = IssuedInvoiceFactory(taxpayer=seller.taxpayer, device=enrolled, drawer=seller.user)
    return lambda **how: send(reverse("api-invoice-pdf", args=[invoice.pk]), how, key=KEY)


def test_a_print_is_counted_once_and_its_file_is_not_kept(printed: Callable[..., Any]) -> None:
    first = printed()
    assert (first.status_code, first["Content-Type"]) == (200, "application/pdf")
    assert bytes(IdempotentRequest.objects.get().response_body) == b""

    again = printed()
    assert (again.status_code, again.json()["code"]) == (409, "api.answer_not_kept")
    assert Invoice.objects.get().print_count == 1


def test_a_refusal_is_told_again_as_it_was(printed: Callable[..., Any]) -> None:
    first = printed(mode="nonsense")
    assert first.status_code >= 400
    assert printed(mode="nonsense").json() == first.json()


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "tax_clerk"}])
def test_who_lost_the_role_gets_no_answer_again(
    printed: Callable[..., Any], seller: Membership, change: dict[str, Any]
) -> None:
    printed()
    Membership.objects.filter(pk=seller.pk).update(**change)

    again = printed()
    assert (again.status_code, again.json()["code"]) == (403, "hall.not_permitted")


def test_an_order_taken_back_is_not_told_to_who_left(
    send: Send, body: Callable[..., dict[str, Any]], seller: Membership
) -> None:
    made = send(reverse("api-invoice-list"), body())
    cancel = address("cancel", made.json()["id"])
    first = send(cancel, key=KEY)
    assert send(cancel, key=KEY).content == first.content
    Membership.objects.filter(pk=seller.pk).update(is_active=False)

    assert send(cancel, key=KEY).status_code == 403
