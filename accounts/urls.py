"""Pages of accounts."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("identity/", views.identity, name="identity"),
    path("me/", views.account, name="account"),
    path("me/phone/", views.phone_confirm, name="phone-confirm"),
    path("me/phone/status/", views.phone_status, name="phone-status"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.notices_read, name="notices-read"),
    path("inbox/<int:pk>/", views.notice_open, name="notice-open"),
    path("session/", views.session_status, name="session-status"),
    path("session/expired/", views.session_expired, name="session-expired"),
    path("session/form/", views.parked_form, name="parked-form"),
]
