"""What was done, by whom."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Taxpayer
from accounts.models.people import User
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel


class AuditEvent(AppendOnlyModel):
    """One act, written in the same transaction as what it did; never changed or removed."""

    at = models.DateTimeField(_("时间"), default=clock.now)
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("操作人")
    )
    actor_label = models.CharField(_("操作人姓名"), max_length=200)
    action = models.CharField(_("动作"), max_length=80)
    object_type = models.CharField(_("对象类型"), max_length=80)
    object_id = models.CharField(_("对象"), max_length=80)
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("纳税人")
    )
    data = models.JSONField(_("内容"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    request_id = models.CharField(_("请求号"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("审计记录")
        verbose_name_plural = _("审计记录")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="accounts_auditevent_object"),
            models.Index(fields=["action", "at"], name="accounts_auditevent_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
