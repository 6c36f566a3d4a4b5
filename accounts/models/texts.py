"""Short messages (短信) to people's telephones."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import TextState
from accounts.models.people import User
from taxhall.common import clock


class TextMessage(models.Model):
    """A short message to one person, made once per event in the transaction of what it tells.

    A worker hands it to the gateway; only how far it got changes. What is not taken in time is not sent late.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="text_messages", verbose_name=_("收件人")
    )
    phone = models.CharField(_("手机号"), max_length=20)
    text = models.CharField(_("内容"), max_length=300)
    # A warning about the account itself, to the number it was made for, whatever the person chose.
    is_about_account = models.BooleanField(_("账户安全通知"), default=False, db_default=False)
    dedupe_key = models.CharField(_("去重键"), max_length=120, unique=True)
    at = models.DateTimeField(_("时间"), default=clock.now)
    # On the business clock: after this nobody needs to be told any more.
    useful_until = models.DateTimeField(_("有效至"))
    state = models.CharField(_("状态"), max_length=10, choices=TextState, default=TextState.WAITING)
    attempts = models.PositiveIntegerField(_("次数"), default=0)
    due_at = models.DateTimeField(_("下次发送"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    reference = models.CharField(_("网关编号"), max_length=60, blank=True)
    trouble = models.CharField(_("原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("短信")
        verbose_name_plural = _("短信")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="accounts_textmessage_of_person"),
            models.Index("due_at", name="accounts_textmessage_due", condition=Q(state=TextState.WAITING)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=TextState.values), name="accounts_textmessage_state_known"),
            models.CheckConstraint(
                condition=Q(state=TextState.WAITING, due_at__isnull=False, ended_at__isnull=True)
                | (~Q(state=TextState.WAITING) & Q(due_at__isnull=True, ended_at__isnull=False)),
                name="accounts_textmessage_waits_or_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.get_state_display()}"
