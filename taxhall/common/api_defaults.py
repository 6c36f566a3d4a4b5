"""What the API's settings name; apart from the views, which read those settings as they load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from rest_framework.exceptions import ParseError
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HallJSONParser(JSONParser):
    """JSON as its standard has it: UTF-8 whatever the header says, and no deeper than it can be read."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what was sent. Raises: ParseError, for brackets within brackets without end too."""
        try:
            return super().parse(stream, media_type, {**(parser_context or {}), "encoding": "utf-8"})
        except RecursionError as error:
            raise ParseError from error


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
