"""Pages of invoicing."""

from __future__ import annotations

from django.urls import path

from invoicing.views import acts, backups, editing, lists

app_name = "invoicing"
urlpatterns = [
    path("", lists.invoice_list, name="invoice-list"),
    path("new/", editing.invoice_create, name="invoice-create"),
    path("preview/", editing.invoice_preview, name="invoice-preview"),
    path("autosave/", editing.invoice_autosave, name="invoice-autosave"),
    path("backups/", backups.backup_list, name="backup-list"),
    path("backups/open/", backups.backup_open, name="backup-open"),
    path("backups/<uuid:pk>/download/", backups.backup_download, name="backup-download"),
    path("<int:pk>/", acts.invoice_detail, name="invoice-detail"),
    path("<int:pk>/status/", acts.invoice_status, name="invoice-status"),
    path("<int:pk>/edit/", editing.invoice_edit, name="invoice-edit"),
    path("<int:pk>/issue/", acts.invoice_issue, name="invoice-issue"),
    path("<int:pk>/cancel/", acts.invoice_cancel, name="invoice-cancel"),
    path("<int:pk>/discard/", acts.invoice_discard, name="invoice-discard"),
    path("<int:pk>/void/", acts.invoice_void, name="invoice-void"),
]
