"""Where companies have the news of their invoices sent (webhooks), the news, and what was delivered."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from invoicing.choices_hooks import HookDeliveryState, HookEventKind, HookState
from taxhall.common import clock
from taxhall.common.models import TimestampedModel


class HookEndpoint(TimestampedModel):
    """One address of a company's own system; its secret is kept sealed and shown once."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="hooks", db_index=False, verbose_name=_("纳税人")
    )
    url = models.CharField(_("接收地址"), max_length=500)
    state = models.CharField(_("状态"), max_length=10, choices=HookState, default=HookState.ACTIVE)
    secret = models.TextField(editable=False)
    # The secret before the last change still signs beside the new one for a while.
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)
    # The form that changed it last: sent again, it is the same change.
    rotation_key = models.UUIDField(null=True, blank=True, editable=False)
    secret_changed_at = models.DateTimeField(_("密钥生成时间"), default=clock.now)
    stopped_at = models.DateTimeField(_("停发时间"), null=True, blank=True)
    # Nobody knocks before, after it could not be reached.
    resting_until = models.DateTimeField(null=True, blank=True, editable=False)
    # One worker at a time, so that the order holds.
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("登记人")
    )

    class Meta:
        verbose_name = _("接口推送地址")
        verbose_name_plural = _("接口推送地址")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "url"],
                name="invoicing_hook_url_once",
                violation_error_message=_("这个接收地址已经登记过。"),
            ),
            models.CheckConstraint(condition=Q(state__in=HookState.values), name="invoicing_hook_state_known"),
            models.CheckConstraint(
                condition=~Q(state=HookState.STOPPED) | Q(stopped_at__isnull=False),
                name="invoicing_hook_stopped_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class HookEvent(models.Model):
    """One change of one invoice as it was at that moment; written by a trigger in the transaction of the change."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+", db_index=False)
    # No foreign key: what was told of a draft outlives it. Empty for a test.
    invoice_pk = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(_("事项"), max_length=20, choices=HookEventKind)
    at = models.DateTimeField(_("时间"), default=clock.now)
    facts = models.JSONField(_("内容"), default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("推送事项")
        verbose_name_plural = _("推送事项")
        indexes = [models.Index("at", name="invoicing_hookevent_age")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=HookEventKind.values), name="invoicing_hookevent_kind_known")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class HookDelivery(models.Model):
    """One event on its way to one endpoint, made with the event; only how far it got changes."""

    endpoint = models.ForeignKey(HookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event = models.ForeignKey(HookEvent, on_delete=models.CASCADE, related_name="deliveries")
    invoice_pk = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=HookDeliveryState, default=HookDeliveryState.WAITING)
    attempts = models.PositiveIntegerField(_("次数"), default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    last_tried_at = models.DateTimeField(_("最近一次"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("下一次"), null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(_("应答码"), null=True, blank=True)
    last_error = models.CharField(_("原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("推送记录")
        verbose_name_plural = _("推送记录")
        ordering = ["-event"]
        indexes = [
            models.Index(
                "endpoint", "invoice_pk", "event",
                name="invoicing_hookdelivery_waiting",
                condition=Q(state=HookDeliveryState.WAITING),
            ),
            # What is next for an endpoint is found in order, however much waits.
            models.Index(
                "endpoint", "event",
                name="invoicing_hookdelivery_next",
                condition=Q(state=HookDeliveryState.WAITING),
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="invoicing_hookdelivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=HookDeliveryState.values), name="invoicing_hookdelivery_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.endpoint_id}"
