"""Outages that the bureau declares (系统停机公告)."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChangeState
from accounts.models import Bureau, SecondPersonModel
from filing.querysets import OutageQuerySet
from filing.shapes import Closure


class Outage(SecondPersonModel):
    """A time in which the hall could not be used; in force with the second person's word, and never taken back.

    Companies rely on the day that it gives them: a longer outage is declared beside it.
    """

    bureau = models.ForeignKey(Bureau, on_delete=models.PROTECT, related_name="outages", verbose_name=_("税务机关"))
    starts_at = models.DateTimeField(_("停机开始"))
    ends_at = models.DateTimeField(_("停机结束"))
    source = models.CharField(_("依据（公告文号）"), max_length=200)

    objects: ClassVar[OutageQuerySet] = OutageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(SecondPersonModel.Meta):
        verbose_name = _("系统停机公告")
        verbose_name_plural = _("系统停机公告")
        constraints = [
            *SecondPersonModel.Meta.constraints,
            models.CheckConstraint(condition=~Q(source=""), name="filing_outage_source_given"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="filing_outage_ends_after_start"),
            models.UniqueConstraint(
                fields=["bureau", "starts_at", "ends_at"],
                condition=~Q(state=ChangeState.REFUSED),
                name="filing_outage_declared_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bureau} {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def closure(self) -> Closure:
        """The days it touches; one that ends at midnight does not touch the day that begins."""
        last = timezone.localdate(self.ends_at - timedelta(microseconds=1))
        return Closure(timezone.localdate(self.starts_at), last, self.source)
