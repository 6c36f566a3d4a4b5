"""The taxpayer's own PC as a carrier: who it is, which disks it proved to hold, what it is asked to do."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from devices.choices import VisitState
from devices.models.device import Device
from devices.querysets import AgentQuerySet, AgentVisitQuerySet
from taxhall.common.models import TimestampedModel


class Agent(TimestampedModel):
    """One installation of the agent at a company; its key never left that PC, its token is kept as a digest.

    `session` and `sequence` name the newest request: an older one, or one of an older session, is refused.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="agents", verbose_name=_("纳税人"))
    name = models.CharField(_("电脑名称"), max_length=60)
    platform = models.CharField(_("操作系统"), max_length=60, blank=True)
    version = models.CharField(_("程序版本"), max_length=20, blank=True)
    protocol = models.PositiveSmallIntegerField(_("协议版本"), default=1)
    public_key = models.CharField(_("公钥"), max_length=400, unique=True)
    token_digest = models.CharField(_("令牌摘要"), max_length=64, unique=True)
    session = models.CharField(_("会话"), max_length=32, blank=True)
    session_number = models.PositiveBigIntegerField(_("会话序号"), default=0)
    sequence = models.PositiveBigIntegerField(_("请求序号"), default=0)
    unreported = models.PositiveIntegerField(_("待上报结果"), default=0)
    last_contact_at = models.DateTimeField(_("最近联系"), null=True, blank=True)
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("连接人")
    )
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("停用人"),
    )

    objects = AgentQuerySet.as_manager()

    class Meta:
        verbose_name = _("代理程序")
        verbose_name_plural = _("代理程序")
        ordering = ["name", "created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_revoked(self) -> bool:
        """Whether it may do nothing more but report what its disks already did."""
        return self.revoked_at is not None


class AgentCode(models.Model):
    """A one-time code that lets one PC in; shown once, kept as a digest, good for ten minutes and one use."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+", verbose_name=_("纳税人"))
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("生成人")
    )
    created_at = models.DateTimeField(_("生成时间"), default=timezone.now)
    expires_at = models.DateTimeField(_("有效至"))
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("连接码")
        verbose_name_plural = _("连接码")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["taxpayer", "-created_at"], name="devices_agentcode_latest")]

    def __str__(self) -> str:
        return f"{self.taxpayer_id} {self.created_at:%Y-%m-%d %H:%M}"


class AgentDisk(models.Model):
    """A disk that an agent said it has; `is_held` once it proved so by signing our nonce.

    Of all agents at most one holds a disk; `hold` grows with each change of hands, so that whoever held it before
    cannot go on as if it still did.
    """

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="disks", verbose_name=_("代理程序"))
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="agent_disks", verbose_name=_("税控设备"))
    reader = models.CharField(_("读卡器"), max_length=200, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    is_held = models.BooleanField(_("在该电脑上"), default=False)
    is_unlocked = models.BooleanField(_("口令已输入"), default=False)
    hold = models.PositiveBigIntegerField(_("持有序号"), default=0)
    nonce = models.CharField(_("挑战值"), max_length=64, blank=True)
    nonce_at = models.DateTimeField(_("挑战时间"), null=True, blank=True)
    proved_at = models.DateTimeField(_("证明时间"), null=True, blank=True)
    unlocked_at = models.DateTimeField(_("口令输入时间"), null=True, blank=True)
    seen_at = models.DateTimeField(_("最近在位"), null=True, blank=True)

    class Meta:
        verbose_name = _("代理程序上的设备")
        verbose_name_plural = _("代理程序上的设备")
        ordering = ["device"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "device"], name="devices_agentdisk_once"),
            models.UniqueConstraint(fields=["device"], condition=Q(is_held=True), name="devices_agentdisk_one_holder"),
            models.CheckConstraint(
                condition=Q(is_held=False) | Q(proved_at__isnull=False, hold__gt=0),
                name="devices_agentdisk_held_is_proved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.agent_id}"


class AgentVisit(models.Model):
    """One visit to a disk at an agent, and what came of it; the hall's side of what a socket is elsewhere.

    The request never holds a PIN. Whoever asked waits for the row to be answered; once it was taken, a changing
    visit that gets no answer in time is overdue and its outcome unknown, until the agent or the disk tells.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="visits", verbose_name=_("代理程序"))
    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, related_name="agent_visits", verbose_name=_("税控设备")
    )
    state = models.CharField(_("状态"), max_length=10, choices=VisitState, default=VisitState.WAITING)
    request = models.JSONField(_("请求"))
    is_changing = models.BooleanField(_("会改变设备"), default=False)
    fencing = models.PositiveIntegerField(_("租约序号"), default=0)
    answer = models.JSONField(_("应答"), null=True, blank=True)
    is_late = models.BooleanField(_("迟到"), default=False)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    taken_at = models.DateTimeField(_("取走时间"), null=True, blank=True)
    answered_at = models.DateTimeField(_("应答时间"), null=True, blank=True)

    objects = AgentVisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("代理程序任务")
        verbose_name_plural = _("代理程序任务")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=VisitState.values), name="devices_agentvisit_state_known"),
            models.CheckConstraint(
                condition=~Q(state=VisitState.ANSWERED) | Q(answer__isnull=False, answered_at__isnull=False),
                name="devices_agentvisit_answered_has_answer",
            ),
            # A disk is visited by one at a time; the next waits its turn here, not in the reader.
            models.UniqueConstraint(
                fields=["device"], condition=Q(state=VisitState.TAKEN), name="devices_agentvisit_one_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["agent", "-created_at"], name="devices_agentvisit_latest"),
            models.Index(
                fields=["agent", "created_at"],
                condition=Q(state__in=[VisitState.WAITING, VisitState.TAKEN]),
                name="devices_agentvisit_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.get_state_display()}"
