"""Voiding and red invoices over the API."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Membership
from invoicing import services
from invoicing.models import CreditChange, Invoice
from tests.factories.accounts import MembershipFactory
from tests.invoicing.api.conftest import Send, address
from tests.invoicing.disk import SigningDisk

Issued = Callable[..., Invoice]


def test_the_disk_voids_what_is_asked_and_a_repeat_tells_where_it_stands(send: Send, issued: Issued) -> None:
    invoice = issued()
    asked = {"number": invoice.number, "reason": "开票有误"}
    answer = send(address("void", invoice), asked, key="void-0001")
    assert (answer.status_code, answer.json()["state"], answer.json()["status"]["word"]) == (202, "voiding", "作废中")

    services.perform_void(invoice_id=invoice.pk)
    again = send(address("void", invoice), asked, key="void-0001")
    assert (again.status_code, again.json()["state"]) == (200, "voided")
    other = send(address("void", invoice), asked | {"reason": "其他"}, key="void-0001")
    assert (other.status_code, other.json()["code"]) == (409, "invoice.request_reused")


def test_another_number_voids_nothing(send: Send, issued: Issued) -> None:
    invoice = issued()
    answer = send(address("void", invoice), {"number": "10000009", "reason": "开票有误"})

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == ["number"]
    assert Invoice.objects.get().state == "issued"


def test_a_lost_answer_leaves_the_void_in_doubt(
    send: Send, issued: Issued, disk: SigningDisk, caller: APIClient
) -> None:
    invoice = issued()
    send(address("void", invoice), {"number": invoice.number, "reason": "开票有误"})
    disk.faults = ["lost before"]
    services.perform_void(invoice_id=invoice.pk)

    assert caller.get(address("detail", invoice)).json()["status"]["word"] == "待核实"


@pytest.mark.parametrize("act", ["void", "red"])
def test_an_outsider_finds_no_invoice(send: Send, issued: Issued, caller: APIClient, act: str) -> None:
    invoice = issued()
    caller.force_authenticate(MembershipFactory(finance=True).user)

    content = {"number": invoice.number, "reason": "return"}
    assert send(address(act, invoice), content if act == "void" else {"reason": "return"}).status_code == 404
    assert Invoice.objects.count() == 1


def test_an_ordinary_invoice_is_taken_back_directly_and_once(send: Send, issued: Issued) -> None:
    blue = issued()
    answer = send(address("red", blue), {"reason": "return"}, key="red-0001")
    assert (answer.status_code, answer.json()["blue"], answer.json()["total"]) == (202, blue.pk, "-1010.00")
    services.perform_issue(invoice_id=answer.json()["id"])

    again = send(address("red", blue), {"reason": "return"}, key="red-0001")
    assert (again.status_code, again.json()["status"]["word"]) == (200, "红字")
    refused = send(address("red", blue), {"reason": "return"}, key="red-0002")
    assert (refused.status_code, Invoice.objects.count()) == (409, 2)


def test_a_part_is_taken_back_by_the_lines_of_the_face(send: Send, issued: Issued, caller: APIClient) -> None:
    blue = issued()
    answer = send(address("red", blue), {"reason": "allowance", "lines": [{"position": 1, "amount": "400.00"}]})
    assert answer.json()["amount"] == "-400.00"
    services.perform_issue(invoice_id=answer.json()["id"])

    assert caller.get(address("detail", blue)).json()["status"]["word"] == "部分红冲"
    more = send(address("red", blue), {"reason": "return", "lines": [{"position": 1, "amount": "900.00"}]})
    assert (more.status_code, list(more.json()["fields"])) == (422, ["lines.0.amount"])
    absent = send(address("red", blue), {"reason": "return", "lines": [{"position": 7, "amount": "1.00"}]})
    assert list(absent.json()["fields"]) == ["lines.0.position"]


def test_a_special_invoice_needs_the_number_of_its_form(send: Send, issued: Issued, seller: Membership) -> None:
    special: dict[str, Any] = {"kind": "004", "buyer_address": "西安市示例路 1 号", "buyer_bank": "示例银行 61000001"}
    blue = issued(**special)
    refused = send(address("red", blue), {"reason": "return"})
    assert (refused.status_code, refused.json()["code"]) == (409, "red.form_missing")
    unknown = send(address("red", blue), {"form_number": "6101132611000019"})
    assert list(unknown.json()["fields"]) == ["form_number"]

    form = services.apply_red_form(actor=seller.user, blue=blue, applicant="seller", reason="return", key=uuid.uuid4())
    answer = send(address("red", blue), {"form_number": form.number})
    assert (answer.status_code, answer.json()["red_reason"]) == (202, "return")
    assert form.number in answer.json()["remark"]


def test_a_digital_invoice_needs_its_confirmation(
    send: Send,
    seller: Membership,
    draft: Callable[..., Any],
    credit: CreditChange,
) -> None:
    blue = services.save_draft(actor=seller.user, taxpayer=seller.taxpayer, device=None, draft=draft())
    blue = services.issue_invoice(actor=seller.user, invoice=blue, key="")
    refused = send(address("red", blue), {"reason": "return"})
    assert (refused.status_code, refused.json()["code"]) == (409, "red.confirmation_missing")

    wish = services.Asked(reason="return", key=uuid.uuid4())
    agreed = services.request_confirmation(actor=seller.user, taxpayer=seller.taxpayer, blue=blue, asked=wish)
    answer = send(address("red", blue), {"confirmation_number": agreed.number})
    assert (answer.status_code, answer.json()["status"]["word"]) == (201, "红字")


def test_what_was_agreed_is_not_mixed_with_other_amounts(send: Send, issued: Issued) -> None:
    content = {"form_number": "6101132611000019", "lines": [{"position": 1, "amount": "1.00"}]}
    answer = send(address("red", issued()), content)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["lines"])
