"""Chainable filters of filing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from accounts.choices import ChangeState
from accounts.models import Bureau

if TYPE_CHECKING:
    # The row type is named as text in the class base below.
    from filing.models import Outage  # noqa: F401


class OutageQuerySet(models.QuerySet["Outage"]):
    """Filters of outages."""

    def in_force(self) -> OutageQuerySet:
        """Keep those that two persons declared."""
        return self.filter(state=ChangeState.AGREED)

    def that_reach(self, bureau: Bureau | None) -> OutageQuerySet:
        """Keep those of a bureau and of its city's; without a bureau, what holds for everybody of a city."""
        if bureau is None:
            return self.filter(bureau__code__endswith="000000")
        return self.filter(Q(bureau=bureau.pk) | Q(bureau__code=f"{bureau.code[:5]}000000"))
