"""Addresses of the officers' pages for clear-card cases; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from clearcard.views import batch, decisions, officer, papers, reports

_CASE = "review/<str:number>/"
_PAPER = f"{_CASE}materials/<int:pk>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("reports/", reports.report_list, name="district-reports"),
    path("reports/monthly/", reports.report_subscribe, name="district-report-subscribe"),
    path("reports/monthly/<int:pk>/end/", reports.report_unsubscribe, name="district-report-unsubscribe"),
    path("reports/files/<int:pk>/", reports.report_file, name="district-report-file"),
    path("reports/<str:name>/", reports.report_show, name="district-report"),
    path("queue/", officer.queue, name="clearcard-queue"),
    path("queue/news/", officer.queue_news, name="clearcard-queue-news"),
    path("batch/", batch.batch, name="clearcard-batch"),
    path("batch/confirm/", batch.confirm, name="clearcard-batch-confirm"),
    path("batch/approve/", batch.approve, name="clearcard-batch-approve"),
    path(_CASE, officer.review, name="clearcard-review"),
    path(f"{_CASE}claim/", officer.claim, name="clearcard-claim"),
    path(f"{_CASE}release/", officer.release, name="clearcard-release"),
    path(f"{_CASE}approve/", decisions.approve, name="clearcard-approve"),
    path(f"{_CASE}return/", decisions.send_back, name="clearcard-return"),
    path(f"{_CASE}reject/", decisions.reject, name="clearcard-reject"),
    path(f"{_CASE}settle/", decisions.settle, name="clearcard-settle"),
    path(f"{_CASE}transfer/", decisions.transfer, name="clearcard-transfer"),
    path(f"{_CASE}note/", decisions.note, name="clearcard-note"),
    path(f"{_CASE}letter/<str:form>/", decisions.letter, name="clearcard-letter"),
    path(_PAPER, papers.material, name="clearcard-material"),
    path(f"{_PAPER}read/", papers.paper_page, name="clearcard-paper"),
    path(f"{_PAPER}pages/<int:page>/", papers.page_picture, name="clearcard-page"),
]
