"""Pages of clearcard."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from clearcard.views import application, documents, filling, tracking

app_name = "clearcard"
urlpatterns: list[URLPattern | URLResolver] = [
    path("clear/", application.case_list, name="case-list"),
    path("clear/start/", application.case_start, name="case-start"),
    path("clear/<str:number>/", tracking.case_detail, name="case-detail"),
    path("clear/<str:number>/prepare/", application.case_prepare, name="case-prepare"),
    path("clear/<str:number>/type/", application.case_type, name="case-type"),
    path("clear/<str:number>/special/", tracking.case_special, name="case-special"),
    path("clear/<str:number>/verify/", application.case_verify, name="case-verify"),
    path("clear/<str:number>/fill/", filling.case_fill, name="case-fill"),
    path("clear/<str:number>/check/", application.case_check, name="case-check"),
    path("clear/<str:number>/hand-in/cancel/", application.hand_in_cancel, name="hand-in-cancel"),
    path("clear/<str:number>/submitted/", application.case_submitted, name="case-submitted"),
    path("clear/<str:number>/application.pdf", documents.case_application, name="case-application"),
    path("clear/<str:number>/status/", tracking.case_status, name="case-status"),
    path("clear/<str:number>/withdraw/", tracking.case_withdraw, name="case-withdraw"),
    path("clear/<str:number>/retry/", tracking.case_retry, name="case-retry"),
    path("clear/<str:number>/materials/<int:pk>/", filling.material_download, name="material-download"),
    path("clear/<str:number>/certificate/", tracking.case_certificate, name="case-certificate"),
    path("clear/<str:number>/certificate.pdf", documents.case_certificate_pdf, name="case-certificate-pdf"),
]
