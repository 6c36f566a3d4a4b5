"""The outbox of what carriers must do with a disk."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.choices import LIVE_COMMAND_STATES, SIGNED_KINDS, CommandKind, CommandState
from devices.models.device import Device
from devices.querysets import DeviceCommandQuerySet
from taxhall.common import clock


class DeviceCommand(models.Model):
    """What a carrier must do with a disk, written in the transaction that decided it.

    The token, once signed, stays on the row before anything is sent; `fencing` grows with every claim so
    that a late carrier can bring evidence but never send.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="commands", verbose_name=_("税控设备"))
    kind = models.CharField(_("种类"), max_length=12, choices=CommandKind)
    key = models.CharField(_("业务键"), max_length=120, unique=True)
    state = models.CharField(_("状态"), max_length=10, choices=CommandState, default=CommandState.QUEUED)
    payload = models.JSONField(_("内容"), default=dict)
    token = models.JSONField(_("已签名的指令"), null=True, blank=True)
    token_digest = models.CharField(_("指令摘要"), max_length=64, blank=True)
    answer = models.JSONField(_("回执"), null=True, blank=True)
    fencing = models.PositiveIntegerField(_("租约序号"), default=0)
    lease_until = models.DateTimeField(_("租约到期"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    refusals = models.PositiveIntegerField(_("设备拒绝次数"), default=0)
    next_attempt_at = models.DateTimeField(_("下次尝试"), null=True, blank=True)
    error_code = models.CharField(_("错误代码"), max_length=60, blank=True)
    error_text = models.TextField(_("错误说明"), blank=True)
    # Why a carrier that is not ours says the disk refused it, until the disk has proved that it did.
    refused_as = models.CharField(_("未证明的拒绝"), max_length=60, blank=True, default="", db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("发起人")
    )
    created_at = models.DateTimeField(_("创建时间"), default=clock.now)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    objects = DeviceCommandQuerySet.as_manager()

    class Meta:
        verbose_name = _("设备指令")
        verbose_name_plural = _("设备指令")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CommandKind.values), name="devices_command_kind_known"),
            models.CheckConstraint(condition=Q(state__in=CommandState.values), name="devices_command_state_known"),
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(kind=CommandKind.CLEAR, state__in=LIVE_COMMAND_STATES),
                name="devices_command_one_live_clear",
            ),
            # Nothing is sent before the signed token is safe on the row.
            models.CheckConstraint(
                condition=~Q(kind__in=SIGNED_KINDS, state__in=[CommandState.SENDING, CommandState.IN_DOUBT])
                | Q(token__isnull=False),
                name="devices_command_token_before_sending",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[CommandState.SENDING, CommandState.IN_DOUBT]) | Q(sent_at__isnull=False),
                name="devices_command_sent_has_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "next_attempt_at"],
                condition=Q(state__in=[CommandState.QUEUED, CommandState.CLAIMED, CommandState.SENDING, "in_doubt"]),
                name="devices_command_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"
