"""Django application of clearcard."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClearcardConfig(AppConfig):
    """清卡."""

    name = "clearcard"
    verbose_name = _("清卡")

    def ready(self) -> None:
        """Connect the receivers, and offer the reports of clearcard beside those below."""
        from clearcard import receivers  # noqa: F401  (models are loaded only now)
        from clearcard.reports import REPORTS, district
        from invoicing.reports import register, register_district

        register(REPORTS)
        register_district(district.REPORTS)
