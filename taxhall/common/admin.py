"""Admin pages that only show: records are changed by services, never by a form of the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


class _LooksOnly:
    """Refuses every change; who may look is decided by the site and the model's view permission."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  (Django's signature)
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False


class ReadOnlyAdmin(_LooksOnly, admin.ModelAdmin[Model]):
    """Lists, search, filters and links; no actions."""

    actions = None


class ReadOnlyInline(_LooksOnly, admin.TabularInline[Model, Model]):
    """Rows of a parent, shown with it."""

    extra = 0
    can_delete = False
