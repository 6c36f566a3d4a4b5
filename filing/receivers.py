"""What filing does when something below it happens."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


def top_up_reference_rows(sender: AppConfig, **_: Any) -> None:
    """Add missing calendar, policy and tolerance rows after migrate; edited rows stay as they are."""
    if sender.label != "filing":
        return
    from filing.services import reference  # noqa: PLC0415  (models are loaded only after the apps are)

    reference.load_reference_rows()
