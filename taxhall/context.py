"""What every page of the hall needs to know."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from taxhall.common import clock


def hall(request: HttpRequest) -> dict[str, Any]:
    """Return the demo mark, the business date and the company in sight."""
    return {
        "hall_demo": settings.HALL_DEMO,
        "business_day": clock.today(),
        "taxpayer": getattr(request, "taxpayer", None),
        "membership": getattr(request, "membership", None),
        "officer_post": getattr(request, "officer_post", None),
    }
