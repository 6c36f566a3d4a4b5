"""Addresses of the API of invoicing."""

from __future__ import annotations

from django.urls import path

from invoicing.api import views

urlpatterns = [
    path("invoices/", views.InvoiceListView.as_view(), name="api-invoice-list"),
    path("invoices/<int:pk>/", views.InvoiceDetailView.as_view(), name="api-invoice-detail"),
]
