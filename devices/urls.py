"""Pages of devices."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from devices import views

app_name = "devices"
_REQUEST = "<str:serial>/requests/<uuid:number>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.device_list, name="device-list"),
    path("pcs/", views.agent_list, name="agent-list"),
    path("pcs/<uuid:number>/revoke/", views.agent_revoke, name="agent-revoke"),
    path("compatibility/", views.compatibility, name="compatibility"),
    path("<str:serial>/", views.device_detail, name="device-detail"),
    path("<str:serial>/read/", views.device_read, name="device-read"),
    path("<str:serial>/test/", views.device_test, name="device-test"),
    path("<str:serial>/unlock/", views.device_unlock, name="device-unlock"),
    path("<str:serial>/pin/", views.device_pin, name="device-pin"),
    path("<str:serial>/report/", views.device_report, name="device-report"),
    path("<str:serial>/unblock/", views.device_unblock, name="device-unblock"),
    path("<str:serial>/loss/", views.device_loss, name="device-loss"),
    path("<str:serial>/cancel/", views.device_cancel, name="device-cancel"),
    path("<str:serial>/replace/", views.device_replace, name="device-replace"),
    path("<str:serial>/replace/check/", views.device_replace_check, name="device-replace-check"),
    path("<str:serial>/stock/", views.device_stock, name="device-stock"),
    path("<str:serial>/stock/ask/", views.device_stock_ask, name="device-stock-ask"),
    path("<str:serial>/stock/return/", views.device_stock_return, name="device-stock-return"),
    path("<str:serial>/support/", views.device_bundle_page, name="device-support"),
    path("<str:serial>/support/bundle/", views.device_bundle, name="device-bundle"),
    path(f"{_REQUEST}", views.request_detail, name="request-detail"),
    path(f"{_REQUEST}withdraw/", views.request_withdraw, name="request-withdraw"),
    path(f"{_REQUEST}successor/", views.request_successor, name="request-successor"),
]
