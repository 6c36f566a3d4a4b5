"""Whatever is sent as a body is answered in words, never by a broken page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from invoicing.models import Invoice
from tests.invoicing.api.conftest import LINES

URL = reverse("api-invoice-list")
DEEP = "[" * 100_000 + "]" * 100_000
RAW = {
    "not a number": '{"lines": NaN}',
    "infinite": '{"lines": Infinity}',
    "too deep": DEEP,
    "too deep inside": '{"lines": ' + DEEP + "}",
    "digits without end": '{"deduction": ' + "9" * 100_000 + "}",
    "cut off": '{"lines": [',
    "empty": "",
    "a list": "[]",
    "a word": '"issue"',
    "not UTF-8": b'{"buyer_name": "\xff\xfe"}',
}


def post(client: APIClient, content: str | bytes, media: str = "application/json") -> Any:
    return client.post(URL, content, content_type=media, headers={"Idempotency-Key": "hostile-body"})


@pytest.mark.parametrize("content", RAW.values(), ids=RAW)
def test_a_body_that_is_no_invoice_is_refused(caller: APIClient, content: str | bytes) -> None:
    answer = post(caller, content)

    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"code", "message", "next_step", "fields"}


@pytest.mark.parametrize("charset", ["hex", "utf-16", "nonsense", "rot13"])
def test_an_odd_charset_changes_nothing(caller: APIClient, charset: str) -> None:
    assert post(caller, "{}", f"application/json; charset={charset}").status_code == 422


def test_a_body_without_end_is_refused(caller: APIClient) -> None:
    answer = post(caller, '{"remark": "' + "a" * 3_000_000 + '"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "api.body_too_large")


@pytest.mark.parametrize(
    "change",
    [
        {"buyer_name": ["a"]},
        {"buyer_name": {"a": 1}},
        {"buyer_name": "\u0000"},
        {"buyer_name": "\ud800"},
        {"kind": "\ud800"},
        {"kind": []},
        {"kind": {"a": 1}},
        {"device": True},
        {"deduction": 1e308},
        {"deduction": "1e999999999"},
        {"deduction": "NaN"},
        {"deduction": "sNaN"},
        {"is_issued": []},
        {"is_issued": "maybe"},
        {"lines": {}},
        {"lines": []},
        {"lines": [[]]},
        {"lines": [None]},
        {"lines": [LINES[0]] * 2001},
        {"lines": [LINES[0] | {"quantity": "-1"}]},
        {"lines": [LINES[0] | {"price": 10**4000}]},
        {"lines": [LINES[0] | {"rate": 13.5}]},
        {"vehicle": {"seats": "many"}},
        {"vehicle": []},
        {"surprise": 1},
    ],
    ids=lambda change: json.dumps(change)[:40],
)
def test_a_wrong_type_is_named(caller: APIClient, body: Callable[..., dict[str, Any]], change: dict[str, Any]) -> None:
    answer = post(caller, json.dumps(body(**change)))

    assert answer.status_code == 422
    assert any(name.startswith(next(iter(change))) for name in answer.json()["fields"])
    assert not Invoice.objects.exists()


def test_half_a_character_as_a_name_is_answered_in_words(
    caller: APIClient, body: Callable[..., dict[str, Any]]
) -> None:
    answer = post(caller, json.dumps(body(**{"\ud800": 1})))
    assert answer.status_code == 422
    assert "?" in answer.json()["fields"]


def test_sums_beyond_the_ledger_are_refused_by_the_rules(
    caller: APIClient, body: Callable[..., dict[str, Any]]
) -> None:
    line = LINES[0] | {"quantity": "99999999999", "price": "999999999999"}
    answer = post(caller, json.dumps(body(lines=[line])))

    assert answer.status_code == 422
    assert answer.json()["message"]
