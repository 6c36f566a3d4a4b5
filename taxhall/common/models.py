"""Abstract models of the hall; this application owns no tables."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from taxhall.common import clock


class TimestampedModel(models.Model):
    """A row that remembers when it was made and last changed."""

    created_at = models.DateTimeField(_("创建时间"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)

    class Meta:
        abstract = True


class AppendOnlyModel(models.Model):
    """A record of law: written once, never changed or removed.

    The Python guard is for friendly errors; the database trigger (common.triggers) is the rule.
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. Raises: TypeError for an update."""
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} rows are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:  # noqa: ARG002  (Django's signature)
        """Refuse. Raises: TypeError."""
        raise TypeError(f"{type(self).__name__} rows are never removed")
