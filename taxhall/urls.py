"""Every address of the hall: includes and error handlers only."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from clearcard.views import public
from taxhall import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("account/", include("accounts.urls")),
    path("devices/", include("devices.urls")),
    path("invoices/", include("invoicing.urls")),
    path("filing/", include("filing.urls")),
    path("", include("clearcard.urls")),
    path("verify/", public.verify, name="verify"),
    path("verify/<str:token>/", public.verify_result, name="verify-result"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("taxhall.api_urls")),
    path("agent/", include("devices.api.agent_urls")),
    path("", include("taxhall.pages_urls")),
]
