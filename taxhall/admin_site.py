"""The admin console: title, who may enter, and the officers' own pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _

from accounts import admin_views

APPLICATIONS = ("accounts", "devices", "invoicing", "filing", "clearcard")


class HallAdminSite(AdminSite):
    """Where officers work; everything on it calls services."""

    site_header = _("网上办税服务厅 · 税务人员工作台")
    site_title = _("税务人员工作台")
    index_title = _("数据查询")
    # The list of records is a page of its own; beside every table it would only take its room.
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take the hall's own records only.

        Packages bring pages on which one person could edit secrets, tokens and rights, past every
        service and without a second pair of eyes.
        """
        models = model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        own = [model for model in models if model._meta.app_label in APPLICATIONS]
        super().register(own, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let only an active officer with a verified second factor in."""
        is_verified = getattr(request.user, "is_verified", lambda: False)
        return super().has_permission(request) and bool(is_verified())

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002
        """Ask for password and code together."""
        return admin_views.login(request)

    def logout(  # type: ignore[override]  # ours leads to the sign-in page instead of rendering one
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002  (Django's signature)
    ) -> HttpResponse:
        """End the officer's session."""
        return admin_views.logout(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Put the officers' pages before the stock ones; the list of all data moves to records/."""
        # Views load models, and the site is made before they are ready.
        from clearcard.views import officer  # noqa: PLC0415

        own: list[URLPattern | URLResolver] = [
            path("", officer.home, name="index"),
            path("enrol/", admin_views.enrol, name="otp-enrol"),
            path("", include("accounts.console_urls")),
            path("clearcard/", include("clearcard.console_urls")),
            path("disks/", include("devices.console_urls")),
            path("", include("invoicing.console_urls")),
            path("", include("filing.console_urls")),
            path("records/", self.admin_view(self.index), name="records"),
        ]
        return [*own, *super().get_urls()]
