"""Django application of devices."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DevicesConfig(AppConfig):
    """税控设备."""

    name = "devices"
    verbose_name = _("税控设备")
