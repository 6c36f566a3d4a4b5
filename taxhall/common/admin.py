"""Admin pages that only show: records are changed by services, never by a form of the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    # Only the stubs know these classes as generic.
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin, _TabularInline = admin.ModelAdmin, admin.TabularInline


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


class OfficersLook:
    """Lets every officer with a post look; others need Django's own permission."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the application in the list of records."""
        return _is_officer(request) or bool(super().has_module_permission(request))  # type: ignore[misc]  # a mixin

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let the officer look."""
        return _is_officer(request) or bool(super().has_view_permission(request, obj))  # type: ignore[misc]  # a mixin


def _is_officer(request: HttpRequest) -> bool:
    return getattr(request, "officer_post", None) is not None


class ReadOnlyAdmin(_LooksOnly, _ModelAdmin):
    """Lists, search, filters and links; no actions."""

    actions = None


class ReadOnlyInline(_LooksOnly, _TabularInline):
    """Rows of a parent, shown with it."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Show them to whoever may see the parent."""
        return True
