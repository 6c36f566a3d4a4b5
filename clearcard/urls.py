"""Pages of clearcard."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "clearcard"
urlpatterns: list[URLPattern | URLResolver] = []
