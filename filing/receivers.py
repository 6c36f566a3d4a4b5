"""What filing does when something below it happens."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps


def top_up_reference_rows(sender: AppConfig, apps: Apps | None = None, **_: Any) -> None:
    """Add missing calendar, policy and tolerance rows after migrate; edited rows stay as they are."""
    if sender.label != "filing" or (apps is not None and not _tables(sender) <= _tables(apps.get_app_config("filing"))):
        # Another application's turn, or a schema of before, as on the way back: the rows of today do not fit it.
        return
    from filing.services import reference  # noqa: PLC0415  (models are loaded only after the apps are)

    reference.load_reference_rows()


def _tables(app: AppConfig) -> set[str]:
    return {model._meta.db_table for model in app.get_models()}
