"""The console shows invoices of the officer's district and changes none."""

from __future__ import annotations

from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from invoicing.models import Invoice
from tests.factories.accounts import OfficerFactory, TaxpayerFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.invoicing.papers import words_of


def test_nothing_can_be_changed(db: None) -> None:
    page, request = admin.site._registry[Invoice], RequestFactory().get("/")
    request.user = OfficerFactory(is_superuser=True)

    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)
    assert page.get_actions(request) == {}


def test_only_the_officers_district_is_listed(db: None) -> None:
    page, request = admin.site._registry[Invoice], RequestFactory().get("/")
    request.user = OfficerFactory()
    own = IssuedInvoiceFactory()
    IssuedInvoiceFactory(taxpayer=TaxpayerFactory(in_xincheng=True))

    assert list(page.get_queryset(request)) == [own]


def test_an_officer_looks_at_the_printed_face_of_the_district_and_counts_nothing(officer_client: Client) -> None:
    own, foreign = IssuedInvoiceFactory(), IssuedInvoiceFactory(taxpayer=TaxpayerFactory(in_xincheng=True))

    page = officer_client.get(reverse("admin:invoicing_invoice_change", args=[own.pk]))
    face = reverse("admin:invoicing_invoice_pdf", args=[own.pk])
    assert f'href="{face}"' in page.content.decode()
    assert "预览" in words_of(officer_client.get(face).content)
    assert officer_client.get(reverse("admin:invoicing_invoice_pdf", args=[foreign.pk])).status_code == 404
    assert set(Invoice.objects.values_list("print_count", flat=True)) == {0}
