"""The API shows the same invoices as the pages, to the same people."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Membership
from invoicing.models import Invoice
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.factories.invoicing import InvoiceFactory, IssuedInvoiceFactory, VoidedInvoiceFactory, line
from tests.invoicing.papers import words_of

URL = reverse("api-invoice-list")


@pytest.fixture
def caller(api_client: APIClient, seller: Membership) -> APIClient:
    api_client.force_authenticate(seller.user)
    return api_client


def ids(response: object) -> set[int]:
    return {row["id"] for row in response.json()["results"]}


def test_the_list_holds_the_callers_invoices_only(caller: APIClient, seller: Membership) -> None:
    own = IssuedInvoiceFactory(taxpayer=seller.taxpayer)
    IssuedInvoiceFactory()

    response = caller.get(URL)
    assert ids(response) == {own.pk}
    row = response.json()["results"][0]
    assert (row["total"], row["kind_name"], row["state_name"]) == ("101.00", "增值税普通发票", "正常")


def test_filters_are_those_of_the_page(caller: APIClient, seller: Membership) -> None:
    own = {"taxpayer": seller.taxpayer}
    voided, special = VoidedInvoiceFactory(**own), IssuedInvoiceFactory(**own, kind="004", lines=[line("900.00", "3")])
    InvoiceFactory(**own)

    assert ids(caller.get(URL, {"state": "voided"})) == {voided.pk}
    assert ids(caller.get(URL, {"kind": "004", "rate": "3", "amount_from": "927.00"})) == {special.pk}
    assert ids(caller.get(URL, {"taxpayer": seller.taxpayer.number, "state": "issued"})) == {special.pk}
    assert ids(caller.get(URL, {"period": "2020-01"})) == set()


@pytest.mark.parametrize("query", [{"period": "2026-13"}, {"kind": "999"}, {"amount_from": "a"}])
def test_a_filter_that_cannot_be_read_is_refused(caller: APIClient, query: dict[str, str]) -> None:
    response = caller.get(URL, query)

    assert response.status_code == 422
    assert set(response.json()["fields"]) == set(query)


def test_one_invoice_comes_with_its_lines(caller: APIClient, seller: Membership) -> None:
    invoice = IssuedInvoiceFactory(taxpayer=seller.taxpayer, lines=[line("10.00"), line("20.00", "3")])
    body = caller.get(reverse("api-invoice-detail", args=[invoice.pk])).json()

    assert [row["amount"] for row in body["lines"]] == ["10.00", "20.00"]
    assert body["check_code"] == invoice.check_code


def test_another_companys_invoice_and_number_look_absent(caller: APIClient) -> None:
    foreign = IssuedInvoiceFactory()

    assert caller.get(reverse("api-invoice-detail", args=[foreign.pk])).status_code == 404
    assert caller.get(URL, {"taxpayer": foreign.taxpayer.number}).status_code == 404


def test_an_ended_role_sees_nothing(api_client: APIClient, seller: Membership) -> None:
    invoice = IssuedInvoiceFactory(taxpayer=seller.taxpayer)
    api_client.force_authenticate(MembershipFactory(taxpayer=seller.taxpayer, ended=True).user)

    assert api_client.get(reverse("api-invoice-detail", args=[invoice.pk])).status_code == 404


def test_who_is_not_signed_in_or_lacks_the_second_factor_gets_nothing(api_client: APIClient, db: None) -> None:
    assert api_client.get(URL).status_code == 401
    api_client.force_authenticate(OfficerFactory())
    assert api_client.get(URL).status_code == 403


def test_an_invoice_is_never_removed_through_it(caller: APIClient, seller: Membership) -> None:
    invoice = InvoiceFactory(taxpayer=seller.taxpayer)

    detail = reverse("api-invoice-detail", args=[invoice.pk])
    assert caller.delete(detail, headers={"Idempotency-Key": "87654321"}).status_code == 405


def pdf(invoice: Invoice) -> str:
    return reverse("api-invoice-pdf", args=[invoice.pk])


def test_a_face_is_previewed_by_reading_and_counted_by_printing(caller: APIClient, seller: Membership) -> None:
    invoice = IssuedInvoiceFactory(taxpayer=seller.taxpayer)
    assert "预览" in words_of(caller.get(pdf(invoice)).content)

    printed = caller.post(pdf(invoice), {}, format="json", headers={"Idempotency-Key": "first-print"})
    assert printed["Content-Type"] == "application/pdf"
    assert "预览" not in words_of(printed.content)
    again = caller.post(pdf(invoice), {}, format="json", headers={"Idempotency-Key": "first-print"})
    assert (again.status_code, again.json()["code"]) == (409, "api.answer_not_kept")
    refused = caller.post(pdf(invoice), {}, format="json", headers={"Idempotency-Key": "second-print"})
    assert (refused.status_code, refused.json()["code"]) == (409, "print.not_confirmed")
    assert Invoice.objects.get().print_count == 1

    caller.post(pdf(invoice), {"confirm": True}, format="json", headers={"Idempotency-Key": "third-print"})
    assert Invoice.objects.get().print_count == 2


def test_an_officer_of_the_district_looks_and_does_not_print(api_client: APIClient, seller: Membership) -> None:
    invoice = IssuedInvoiceFactory(taxpayer=seller.taxpayer)
    officer = OfficerFactory(bureau=seller.taxpayer.bureau)
    officer.is_verified = lambda: True
    api_client.force_authenticate(officer)
    assert api_client.get(pdf(invoice)).status_code == 200
    assert api_client.post(pdf(invoice), {}, format="json", headers={"Idempotency-Key": "officer-1"}).status_code == 403
    api_client.force_authenticate(MembershipFactory(issuer=True).user)
    assert api_client.get(pdf(invoice)).status_code == 404
    assert Invoice.objects.get().print_count == 0
