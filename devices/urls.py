"""Pages of devices."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "devices"
urlpatterns: list[URLPattern | URLResolver] = []
