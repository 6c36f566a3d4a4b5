"""Django application of filing."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class FilingConfig(AppConfig):
    """Filing (申报)."""

    name = "filing"
    verbose_name = _("申报")

    def ready(self) -> None:
        """Connect the receivers, and offer the reports of filing beside those of invoicing."""
        from filing import receivers
        from filing.reports import REPORTS
        from invoicing.reports import register

        register(REPORTS)
        post_migrate.connect(receivers.top_up_reference_rows, dispatch_uid="filing.top_up_reference_rows")
