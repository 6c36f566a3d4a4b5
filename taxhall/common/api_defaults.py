"""What the API's settings name; apart from the views, which read those settings as they load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HallPagination(PageNumberPagination):
    """Fifty rows a page, two hundred at the most."""

    page_size_query_param = "page_size"
    max_page_size = 200


class IsProvenUser(BasePermission):
    """A signed-in account; an officer only in a session with a verified second factor."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  (DRF's signature)
        """Tell whether the caller may use the API at all."""
        user = request.user
        if not user.is_authenticated:
            return False
        return not getattr(user, "is_staff", False) or bool(getattr(user, "is_verified", lambda: False)())


class IsVerifiedStaff(IsProvenUser):
    """An officer with a verified second factor, for the interface's own documentation."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the caller is such an officer."""
        return bool(getattr(request.user, "is_staff", False)) and super().has_permission(request, view)
