"""Django application of invoicing."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicingConfig(AppConfig):
    """发票."""

    name = "invoicing"
    verbose_name = _("发票")

    def ready(self) -> None:
        """Connect the receivers."""
        from invoicing import receivers  # noqa: F401  (models are loaded only now)
