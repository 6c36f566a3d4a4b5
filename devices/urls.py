"""Pages of devices."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from devices import views

app_name = "devices"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.device_list, name="device-list"),
    path("pcs/", views.agent_list, name="agent-list"),
    path("pcs/<uuid:number>/revoke/", views.agent_revoke, name="agent-revoke"),
    path("<str:serial>/", views.device_detail, name="device-detail"),
    path("<str:serial>/read/", views.device_read, name="device-read"),
    path("<str:serial>/unlock/", views.device_unlock, name="device-unlock"),
    path("<str:serial>/pin/", views.device_pin, name="device-pin"),
    path("<str:serial>/report/", views.device_report, name="device-report"),
]
