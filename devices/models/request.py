"""What a company, or an officer for it, asks of the bureau about a disk."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from devices.choices import DRAFTED_KINDS, RequestCause, RequestKind, RequestState
from devices.models.command import DeviceCommand
from devices.models.device import Device
from devices.querysets import DeviceRequestQuerySet
from taxhall.common import clock


class DeviceRequest(models.Model):
    """One request about a disk: written by who asks, decided once by an officer who is somebody else.

    `contents` is what is asked (号段, 变更内容), `base` the last proven state of the disk when it was asked for.
    What was granted is carried out by `command`; of a replacement, `successor` is the disk that took the place.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="requests", verbose_name=_("税控设备"))
    kind = models.CharField(_("事项"), max_length=12, choices=RequestKind)
    state = models.CharField(_("状态"), max_length=10, choices=RequestState, default=RequestState.WAITING)
    cause = models.CharField(_("原因"), max_length=10, choices=RequestCause, blank=True)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    contents = models.JSONField(_("内容"), default=dict, blank=True)
    base = models.JSONField(_("设备最后状态"), default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    created_at = models.DateTimeField(_("申请时间"), default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("办理人"),
    )
    decided_at = models.DateTimeField(_("办理时间"), null=True, blank=True)
    decision_note = models.CharField(_("办理意见"), max_length=500, blank=True)
    command = models.OneToOneField(
        DeviceCommand, on_delete=models.PROTECT, null=True, blank=True, related_name="request", verbose_name=_("指令")
    )
    successor = models.OneToOneField(
        Device, on_delete=models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name=_("新设备")
    )

    objects = DeviceRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("设备申请")
        verbose_name_plural = _("设备申请")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=RequestKind.values), name="devices_request_kind_known"),
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="devices_request_state_known"),
            models.UniqueConstraint(
                fields=["device", "kind"],
                condition=Q(state=RequestState.WAITING),
                name="devices_request_one_waiting",
            ),
            # Four eyes: whoever asks does not decide.
            models.CheckConstraint(
                condition=~Q(state__in=[RequestState.GRANTED, RequestState.REFUSED])
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("created_by"))),
                name="devices_request_decided_by_another",
            ),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="devices_request_queue")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.device_id}"

    def get_absolute_url(self) -> str:
        """Return the address of the page on which the company follows it."""
        return reverse("devices:request-detail", args=[self.device.serial, self.pk])

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be decided."""
        return self.state == RequestState.WAITING

    @property
    def is_drafted(self) -> bool:
        """Whether an officer wrote it: a draft says which numbers or data, a company says how many it asks for."""
        return self.kind in DRAFTED_KINDS and "count" not in self.contents

    @property
    def needs_numbers(self) -> bool:
        """Whether a company asked for blank invoices and no officer has said which numbers yet."""
        return self.kind == RequestKind.ADD_STOCK and "segments" not in self.contents
