"""Pages of invoicing."""

from __future__ import annotations

from django.urls import path

from invoicing.views import acts, backups, basics, editing, exports, imports, lists, red, reports

app_name = "invoicing"
urlpatterns = [
    path("", lists.invoice_list, name="invoice-list"),
    path("new/", editing.invoice_create, name="invoice-create"),
    path("preview/", editing.invoice_preview, name="invoice-preview"),
    path("autosave/", editing.invoice_autosave, name="invoice-autosave"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/template/<str:name>/", imports.import_template, name="import-template"),
    path("imports/<uuid:number>/", imports.import_detail, name="import-detail"),
    path("imports/<uuid:number>/status/", imports.import_status, name="import-status"),
    path("imports/<uuid:number>/problems/", imports.import_problems, name="import-problems"),
    path("imports/<uuid:number>/start/", imports.import_start, name="import-start"),
    path("imports/<uuid:number>/<str:act>/", imports.import_act, name="import-act"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/status/", exports.export_status, name="export-status"),
    path("exports/<uuid:number>/", exports.export_download, name="export-download"),
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
    path("reports/", reports.report_list, name="report-list"),
    path("reports/subscriptions/", reports.report_subscribe, name="report-subscribe"),
    path("reports/subscriptions/<int:pk>/end/", reports.report_unsubscribe, name="report-unsubscribe"),
    path("reports/files/<int:pk>/", reports.report_file, name="report-file"),
    path("reports/<slug:name>/", reports.report_show, name="report-show"),
    path("reports/<slug:name>/file/", reports.report_export, name="report-export"),
    path("suggest/customers/", editing.suggest_customers, name="suggest-customers"),
    path("suggest/goods/", editing.suggest_goods, name="suggest-goods"),
    path("basics/", basics.basic_list, {"slug": "customers"}, name="basic-home"),
    path("<int:pk>/red/", red.invoice_red, name="invoice-red"),
    path("<int:pk>/copy/", acts.invoice_copy, name="invoice-copy"),
    path("red-forms/", red.red_form_list, name="red-form-list"),
    path("red-forms/<int:pk>/", red.red_form_detail, name="red-form-detail"),
    path("red-forms/<int:pk>/issue/", red.red_form_issue, name="red-form-issue"),
    path("red-forms/<int:pk>/withdraw/", red.red_form_withdraw, name="red-form-withdraw"),
    path("tax-codes/", basics.tax_code_list, name="tax-code-list"),
    path("basics/<slug:slug>/", basics.basic_list, name="basic-list"),
    path("basics/<slug:slug>/new/", basics.basic_edit, name="basic-create"),
    path("basics/<slug:slug>/<int:pk>/", basics.basic_edit, name="basic-edit"),
    path("basics/<slug:slug>/<int:pk>/remove/", basics.basic_remove, name="basic-remove"),
]
