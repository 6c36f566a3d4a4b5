"""What every API view shares: the error envelope and pagination."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from taxhall.common.errors import TaxhallError


class HallPagination(PageNumberPagination):
    """Fifty rows a page, two hundred at the most."""

    page_size_query_param = "page_size"
    max_page_size = 200


def handle_exception(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a domain error with its code, message, next step and fields."""
    if isinstance(exception, TaxhallError):
        body = {
            "code": exception.code,
            "message": str(exception.message),
            "next_step": str(exception.next_step),
            "fields": {name: [str(each) for each in messages] for name, messages in exception.fields.items()},
        }
        return Response(body, status=exception.status)
    return exception_handler(exception, context)
