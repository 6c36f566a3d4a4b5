"""Every address of the hall: includes and error handlers only."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from taxhall import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("account/", include("accounts.urls")),
    path("devices/", include("devices.urls")),
    path("invoices/", include("invoicing.urls")),
    path("filing/", include("filing.urls")),
    path("", include("clearcard.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("taxhall.api_urls")),
    path("", include("taxhall.pages_urls")),
]
