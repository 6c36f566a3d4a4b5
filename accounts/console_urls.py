"""Addresses of the officers' pages of accounts; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from accounts.views import emergencies, posts, staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("emergencies/", emergencies.emergencies, name="emergencies"),
    path("emergencies/<int:pk>/end/", emergencies.end, name="emergency-end"),
    path("emergencies/<int:pk>/review/", emergencies.review, name="emergency-review"),
    path("posts/", posts.posts, name="posts"),
    path("posts/changes/<int:pk>/agree/", posts.agree, name="post-change-agree"),
    path("posts/changes/<int:pk>/refuse/", posts.refuse, name="post-change-refuse"),
    path("keys/", staff.console_keys, name="console-keys"),
    path("notices/read/", staff.notices_read, name="notices-read"),
    path("notices/<int:pk>/open/", staff.notice_open, name="notice-open"),
]
