"""The console shows invoices of the officer's district and changes none."""

from __future__ import annotations

from django.contrib import admin
from django.test import RequestFactory

from invoicing.models import Invoice
from tests.factories.accounts import OfficerFactory, TaxpayerFactory
from tests.factories.invoicing import IssuedInvoiceFactory


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
