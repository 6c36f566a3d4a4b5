"""Addresses of the officers' pages for invoices; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from invoicing.views import officer

urlpatterns: list[URLPattern | URLResolver] = [
    path("", officer.doubtful, name="invoice-doubtful"),
    path("<int:pk>/settle/", officer.settle, name="invoice-settle"),
]
