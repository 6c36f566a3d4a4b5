"""Addresses of the API of invoicing."""

from __future__ import annotations

from django.urls import path

from invoicing.api import acts, files, prints, views

urlpatterns = [
    path("invoices/", views.InvoiceListView.as_view(), name="api-invoice-list"),
    path("invoices/<int:pk>/", views.InvoiceDetailView.as_view(), name="api-invoice-detail"),
    path("invoices/<int:pk>/issue/", acts.InvoiceIssueView.as_view(), name="api-invoice-issue"),
    path("invoices/<int:pk>/cancel/", acts.InvoiceCancelView.as_view(), name="api-invoice-cancel"),
    path("invoices/<int:pk>/void/", acts.InvoiceVoidView.as_view(), name="api-invoice-void"),
    path("invoices/<int:pk>/red/", acts.InvoiceRedView.as_view(), name="api-invoice-red"),
    path("invoices/<int:pk>/pdf/", prints.InvoicePdfView.as_view(), name="api-invoice-pdf"),
    path("invoice-imports/", files.ImportListView.as_view(), name="api-import-list"),
    path("invoice-imports/<uuid:number>/", files.ImportDetailView.as_view(), name="api-import-detail"),
    path("invoice-imports/<uuid:number>/start/", files.ImportStartView.as_view(), name="api-import-start"),
    path("invoice-imports/<uuid:number>/undo/", files.ImportUndoView.as_view(), name="api-import-undo"),
    path("invoice-exports/", files.ExportListView.as_view(), name="api-export-list"),
    path("invoice-exports/<uuid:number>/", files.ExportDetailView.as_view(), name="api-export-detail"),
    path("invoice-exports/<uuid:number>/file/", files.ExportFileView.as_view(), name="api-export-file"),
]
