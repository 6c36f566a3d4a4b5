"""Addresses of the officers' pages for invoices; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from invoicing.views import credit, officer

urlpatterns: list[URLPattern | URLResolver] = [
    path("invoices/", officer.doubtful, name="invoice-doubtful"),
    path("invoices/<int:pk>/settle/", officer.settle, name="invoice-settle"),
    path("credits/", credit.credit_list, name="credit-list"),
    path("credits/<str:number>/", credit.credit_detail, name="credit-detail"),
]
