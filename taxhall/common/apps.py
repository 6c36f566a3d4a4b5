"""Django application of the common code; it owns no tables."""

from __future__ import annotations

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Installed so that its template tags and checks load."""

    name = "taxhall.common"
    label = "common"

    def ready(self) -> None:
        """Register the checks, and refuse production settings that do not hold."""
        from taxhall.common import checks

        checks.refuse_unsafe_start()
