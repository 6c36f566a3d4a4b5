"""What the tests of acts over the API share: a caller, a body that passes every check, a way to post it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import Membership
from devices.models import Device
from invoicing.models import Invoice
from tests.invoicing.digital.conftest import credit, draft, grant, officer

__all__ = ["credit", "draft", "grant", "officer"]

LINES = [
    {
        "name": "*信息技术服务*软件维护",
        "tax_code": "3040203000000000000",
        "unit": "项",
        "quantity": "1",
        "price": "1000.00",
        "rate": "1",
    }
]
_keys = itertools.count(1)

Send = Callable[..., Response]


@pytest.fixture
def caller(api_client: APIClient, seller: Membership) -> APIClient:
    """Return the API client of the 开票员."""
    api_client.force_authenticate(seller.user)
    return api_client


@pytest.fixture
def body(seller: Membership, enrolled: Device) -> Callable[..., dict[str, Any]]:
    """Return a function that writes the body of an invoice which passes every check; keywords change it."""

    def written(**changes: Any) -> dict[str, Any]:
        return {
            "taxpayer": seller.taxpayer.number,
            "device": enrolled.serial,
            "kind": "007",
            "buyer_name": "西安买方示例有限公司",
            "buyer_number": "91610131MA6TEKT0XE",
            "lines": LINES,
        } | changes

    return written


@pytest.fixture
def send(caller: APIClient) -> Send:
    """Return a function that posts a body, under a new request id unless one is given."""

    def sent(path: str, content: Any = None, *, key: str = "") -> Response:
        headers = {"Idempotency-Key": key or f"request-{next(_keys):08d}"}
        return caller.post(path, {} if content is None else content, format="json", headers=headers)

    return sent


def address(act: str, invoice: Invoice | int) -> str:
    """Return where an act on an invoice is posted."""
    return reverse(f"api-invoice-{act}", args=[invoice if isinstance(invoice, int) else invoice.pk])
