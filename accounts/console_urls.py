"""Addresses of the officers' pages of accounts; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from accounts.views import staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("notices/read/", staff.notices_read, name="notices-read"),
    path("notices/<int:pk>/open/", staff.notice_open, name="notice-open"),
]
