"""What is issued is what was checked, also where an amount does not fit quantity times price."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.response import Response

from invoicing.choices import InvoiceState
from invoicing.models import CreditMonth, Invoice
from tests.invoicing.api.conftest import LINES, Send

URL = reverse("api-invoice-list")
Body = Callable[..., dict[str, Any]]


def line(**changes: str) -> list[dict[str, str]]:
    return [LINES[0] | changes]


def assert_refused(answer: Response) -> None:
    assert answer.status_code == 422, answer.json()
    assert not Invoice.objects.exclude(state=InvoiceState.DRAFT).exists()


def test_disk_never_signs_an_amount_that_is_not_quantity_times_price(send: Send, body: Body) -> None:
    assert_refused(send(URL, body(lines=line(amount="1.00"))))


@pytest.mark.usefixtures("credit")
@pytest.mark.parametrize("inclusive", [False, True])
def test_digital_invoice_neither(send: Send, body: Body, inclusive: bool) -> None:
    wrong = line(price="1.00", amount="4000.00")
    answer = send(URL, body(kind="32", device="", is_tax_inclusive=inclusive, lines=wrong))

    assert_refused(answer)
    assert not CreditMonth.objects.filter(used__gt=0).exists()


@pytest.mark.usefixtures("credit")
def test_credit_is_asked_for_the_amount_that_would_be_issued(send: Send, body: Body) -> None:
    answer = send(URL, body(kind="32", device="", lines=line(price="1.00", amount="6000.00")))

    assert_refused(answer)
    assert "本月还可开具的 5,000.00 元" in str(answer.json())


@pytest.mark.usefixtures("credit")
def test_an_amount_of_nothing_is_no_price(send: Send, body: Body) -> None:
    assert_refused(send(URL, body(kind="32", device="", lines=line(price="5.00", amount="0.00"))))


def test_a_cent_of_rounding_is_issued_as_entered(send: Send, body: Body) -> None:
    answer = send(URL, body(lines=line(quantity="3", price="33.33", amount="100.00")))

    assert answer.status_code == 202, answer.json()
    assert Invoice.objects.get().amount == Decimal("100.00")
