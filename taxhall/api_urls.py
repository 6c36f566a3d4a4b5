"""Mounts each application's API under /api/v1/, and its description."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from taxhall.common.api_defaults import IsVerifiedStaff

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(permission_classes=[IsVerifiedStaff]), name="api-schema"),
    # Split: the page's script comes from its own address, as the content security policy asks.
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", permission_classes=[IsVerifiedStaff]),
        name="api-docs",
    ),
    path("", include("accounts.api.urls")),
    path("", include("devices.api.urls")),
    path("", include("filing.api.urls")),
    path("", include("invoicing.api.urls")),
    path("", include("clearcard.api.urls")),
]
