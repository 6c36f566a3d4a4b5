"""Addresses of the officers' pages for invoices; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from invoicing.views import credit

urlpatterns: list[URLPattern | URLResolver] = [
    path("", credit.credit_list, name="credit-list"),
    path("<str:number>/", credit.credit_detail, name="credit-detail"),
]
