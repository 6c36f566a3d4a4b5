"""Pages of filing."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "filing"
urlpatterns: list[URLPattern | URLResolver] = []
