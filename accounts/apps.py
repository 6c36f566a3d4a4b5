"""Django application of accounts."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """账户."""

    name = "accounts"
    verbose_name = _("账户")

    def ready(self) -> None:
        """Connect the receivers."""
        from accounts import receivers  # noqa: F401  (registers on import, after the models are ready)
