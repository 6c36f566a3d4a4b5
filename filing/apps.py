"""Django application of filing."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilingConfig(AppConfig):
    """申报."""

    name = "filing"
    verbose_name = _("申报")
