"""Records in the console: an officer looks at those of the own district only (S-17), and changes none."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest

from accounts import selectors
from accounts.models import User
from taxhall.common.admin import OfficersLook, ReadOnlyAdmin


class DistrictAdmin(OfficersLook, ReadOnlyAdmin):
    """Records of taxpayers; `taxpayer_path` names the way from a record to its taxpayer."""

    taxpayer_path = "taxpayer"
    # Counting a whole table would be slow, and tell of other districts.
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Narrow to the taxpayers that the officer's posts cover."""
        visible = selectors.list_taxpayers(visible_to=cast(User, request.user))
        return super().get_queryset(request).filter(**{f"{self.taxpayer_path}__in": visible.values("pk")})
