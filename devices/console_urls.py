"""Addresses of the officers' pages for disks; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from devices.views import officer, practice

_REQUEST = "requests/<uuid:number>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", officer.queue, name="disk-queue"),
    path("practice/", practice.practice, name="practice"),
    path("draft/<str:kind>/", officer.draft, name="disk-draft"),
    path("evidence/<str:serial>/", officer.evidence, name="disk-evidence"),
    path(_REQUEST, officer.request_page, name="disk-request"),
    path(f"{_REQUEST}grant/", officer.grant, name="disk-grant"),
    path(f"{_REQUEST}refuse/", officer.refuse, name="disk-refuse"),
    path(f"{_REQUEST}withdraw/", officer.withdraw, name="disk-withdraw"),
]
