"""Django applications of the composition root."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class HallConfig(AppConfig):
    """The project itself, for its commands; it owns no tables."""

    name = "taxhall"
    verbose_name = "网上办税服务厅"


class HallAdminConfig(AdminConfig):
    """The admin console with the hall's own site (officers' work)."""

    default_site = "taxhall.admin_site.HallAdminSite"
