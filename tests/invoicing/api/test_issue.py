"""Issuing over the API: works, repeat, wrong role, outsider, what is wrong in words, the faults of a disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Membership
from devices.models import Device, DeviceCommand
from invoicing import services
from invoicing.models import CreditChange, Invoice, InvoiceRequest
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.invoicing.api.conftest import LINES, Send, address
from tests.invoicing.disk import SigningDisk

URL = reverse("api-invoice-list")
Body = Callable[..., dict[str, Any]]


def test_an_invoice_is_written_and_handed_to_its_disk_in_one_call(send: Send, body: Body, caller: APIClient) -> None:
    answer = send(URL, body())

    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["status"]["word"]) == ("issuing", "开具中")
    services.perform_issue(invoice_id=answer.json()["id"])
    found = caller.get(answer["Location"]).json()
    assert (found["state"], found["status"]["word"], found["number"]) == ("issued", "正常", "10000001")
    assert found["total"] == "1010.00"


def test_the_same_request_again_leads_to_the_same_invoice_as_it_is_now(send: Send, body: Body) -> None:
    first = send(URL, body(), key="order-0001")
    again = send(URL, body(), key="order-0001")
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    services.perform_issue(invoice_id=first.json()["id"])

    later = send(URL, body(), key="order-0001")
    assert (later.status_code, later.json()["state"], later["Idempotency-Replayed"]) == (200, "issued", "true")
    assert Invoice.objects.count() == DeviceCommand.objects.count() == 1


def test_the_same_request_with_other_content_is_refused_in_words(send: Send, body: Body) -> None:
    send(URL, body(), key="order-0001")
    answer = send(URL, body(buyer_name="另一家示例公司"), key="order-0001")

    assert (answer.status_code, answer.json()["code"]) == (409, "invoice.request_reused")
    assert "没有办理" in answer.json()["message"]
    assert answer.json()["next_step"]
    assert Invoice.objects.count() == 1


def test_another_company_may_use_the_same_id(send: Send, body: Body, caller: APIClient, disk: SigningDisk) -> None:
    send(URL, body(), key="order-0001")
    other = MembershipFactory(issuer=True)
    InvoiceRequest.objects.create(taxpayer=other.taxpayer, key="order-0002", digest="x", act="new", made_by=other.user)

    assert send(URL, body(), key="order-0002").status_code == 202


def test_a_digital_invoice_is_issued_at_once(send: Send, body: Body, credit: CreditChange) -> None:
    answer = send(URL, body(kind="32", device=""))

    assert (answer.status_code, answer.json()["state"]) == (201, "issued")
    assert len(answer.json()["number"]) == 20


def test_a_draft_may_be_left_and_issued_later(send: Send, body: Body) -> None:
    draft = send(URL, body(is_issued=False)).json()
    assert (draft["state"], draft["status"]["word"]) == ("draft", "草稿")

    answer = send(address("issue", draft["id"]), key="issue-0001")
    assert (answer.status_code, answer.json()["state"]) == (202, "issuing")
    assert send(address("issue", draft["id"]), key="issue-0001").json()["id"] == draft["id"]
    assert send(address("issue", draft["id"]), key="issue-0002").status_code == 202
    assert DeviceCommand.objects.count() == 1


def test_what_is_wrong_is_told_where_the_body_has_it_and_nothing_is_kept(send: Send, body: Body) -> None:
    wrong = body(lines=[LINES[0], LINES[0] | {"tax_code": ""}], buyer_number="123")
    answer = send(URL, wrong, key="order-0001")

    assert (answer.status_code, answer.json()["code"]) == (422, "invoice.has_problems")
    assert {"lines.1.tax_code", "buyer_number"} <= set(answer.json()["fields"])
    assert not Invoice.objects.exists()
    assert send(URL, body(), key="order-0001").status_code == 202


def test_a_discarded_draft_is_not_written_again(send: Send, body: Body, seller: Membership) -> None:
    draft = send(URL, body(is_issued=False), key="order-0001").json()
    services.discard_draft(actor=seller.user, invoice=Invoice.objects.get(pk=draft["id"]))

    answer = send(URL, body(is_issued=False), key="order-0001")
    assert (answer.status_code, answer.json()["code"]) == (409, "invoice.request_discarded")


def test_without_a_request_id_nothing_is_done(caller: APIClient, body: Body) -> None:
    answer = caller.post(URL, body(), format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "api.idempotency_key_missing")
    assert not Invoice.objects.exists()


def test_an_outsider_finds_neither_company_nor_disk_nor_draft(send: Send, body: Body, caller: APIClient) -> None:
    draft = send(URL, body(is_issued=False)).json()["id"]
    caller.force_authenticate(MembershipFactory(finance=True).user)

    assert send(URL, body()).status_code == 404
    assert send(address("issue", draft)).status_code == 404


def test_an_ended_role_issues_nothing(send: Send, body: Body, caller: APIClient, seller: Membership) -> None:
    caller.force_authenticate(MembershipFactory(taxpayer=seller.taxpayer, ended=True).user)

    assert send(URL, body()).status_code == 404
    assert not Invoice.objects.exists()


def test_an_officer_of_the_district_looks_and_does_not_issue(send: Send, body: Body, caller: APIClient) -> None:
    draft = Invoice.objects.get(pk=send(URL, body(is_issued=False)).json()["id"])
    officer = OfficerFactory(bureau=draft.taxpayer.bureau)
    officer.is_verified = lambda: True
    caller.force_authenticate(officer)

    assert send(address("issue", draft)).status_code == 403
    assert Invoice.objects.get().is_draft


def test_an_absent_disk_is_told_while_the_order_waits_and_it_can_be_taken_back(
    send: Send, body: Body, caller: APIClient, disk: SigningDisk
) -> None:
    invoice = send(URL, body()).json()["id"]
    disk.faults = ["absent"]
    services.perform_issue(invoice_id=invoice)

    found = caller.get(address("detail", invoice)).json()
    assert (found["state"], found["error_code"]) == ("issuing", "disk.absent")
    assert found["status"]["sentence"] == found["error_text"] != ""
    assert send(address("cancel", invoice)).json()["state"] == "draft"
    assert send(address("cancel", invoice)).status_code == 409


def test_a_lost_answer_is_told_as_doubt_until_the_disk_is_read(
    send: Send, body: Body, caller: APIClient, disk: SigningDisk
) -> None:
    invoice = send(URL, body(), key="order-0001").json()["id"]
    disk.faults = ["lost after"]
    services.perform_issue(invoice_id=invoice)

    again = send(URL, body(), key="order-0001")
    assert (again.status_code, again.json()["state"], again.json()["status"]["word"]) == (202, "in_doubt", "待核实")
    services.perform_issue(invoice_id=invoice)
    assert caller.get(address("detail", invoice)).json()["state"] == "issued"
    assert disk.requests.count("issue") == 1


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_once_make_one_invoice(seller: Membership, enrolled: Device, body: Body) -> None:
    content, answers = body(), []

    def call() -> None:
        client = APIClient()
        client.force_authenticate(seller.user)
        answer = client.post(URL, content, format="json", headers={"Idempotency-Key": "order-0001"})
        answers.append((answer.status_code, answer.json()["id"]))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=30)

    assert len(set(answers)) == 1
    assert len(answers) == 4
    assert Invoice.objects.count() == 1
