"""Handing in by itself: the taxpayer finished the application, and only the treasury's word is missing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clearcard.choices import HandInState
from clearcard.models.case import ClearCardCase
from taxhall.common.models import TimestampedModel


class HandInOrder(TimestampedModel):
    """One order to hand an application in as it stands as soon as the tax is received; declared by who gave it."""

    case = models.ForeignKey(ClearCardCase, on_delete=models.PROTECT, related_name="hand_in_orders")
    key = models.CharField(_("提交键"), max_length=80)
    # What was declared true; an application that changed since is not handed in.
    case_version = models.PositiveIntegerField(_("申请版本"))
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("预约人")
    )
    state = models.CharField(_("状态"), max_length=10, choices=HandInState, default=HandInState.WAITING)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ended_why = models.CharField(_("结束原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("预约提交")
        verbose_name_plural = _("预约提交")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(state=HandInState.WAITING), name="clearcard_hand_in_one_waiting"
            ),
            models.CheckConstraint(condition=Q(state__in=HandInState.values), name="clearcard_hand_in_state_known"),
            models.CheckConstraint(
                condition=Q(state=HandInState.WAITING) | Q(ended_at__isnull=False),
                name="clearcard_hand_in_end_is_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.get_state_display()}"
