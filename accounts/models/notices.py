"""The inbox of a company, and that of an officer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Taxpayer
from accounts.models.people import User
from accounts.querysets import NoticeQuerySet
from taxhall.common import clock


class Notice(models.Model):
    """A message (消息) in a taxpayer's inbox; made once per event by its dedupe key, only read_at changes."""

    recipient = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="notices", verbose_name=_("纳税人"))
    kind = models.CharField(_("类别"), max_length=40)
    title = models.CharField(_("标题"), max_length=200)
    body = models.TextField(_("内容"))
    link = models.CharField(_("链接"), max_length=300, blank=True)
    at = models.DateTimeField(_("时间"), default=clock.now)
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)
    dedupe_key = models.CharField(_("去重键"), max_length=120, unique=True)

    objects: ClassVar[NoticeQuerySet] = NoticeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("消息")
        verbose_name_plural = _("消息")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["recipient", "-at", "-id"], name="accounts_notice_inbox"),
            models.Index(fields=["recipient"], condition=models.Q(read_at__isnull=True), name="accounts_notice_unread"),
        ]
        constraints = [
            # Only addresses of this hall: a notice must not lead its reader elsewhere.
            models.CheckConstraint(
                name="accounts_notice_link_local",
                condition=models.Q(link="") | models.Q(link__regex=r"^/([^/\\]|$)"),
                violation_error_message=_("消息只能链接到本厅的页面。"),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class StaffNotice(models.Model):
    """A message (消息) to one officer; made once per event by its dedupe key, only read_at changes."""

    recipient = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="staff_notices", verbose_name=_("收件人")
    )
    kind = models.CharField(_("类别"), max_length=40)
    title = models.CharField(_("标题"), max_length=200)
    body = models.TextField(_("内容"))
    link = models.CharField(_("链接"), max_length=300, blank=True)
    at = models.DateTimeField(_("时间"), default=clock.now)
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)
    dedupe_key = models.CharField(_("去重键"), max_length=120)

    class Meta:
        verbose_name = _("税务人员消息")
        verbose_name_plural = _("税务人员消息")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["recipient", "-at", "-id"], name="accounts_staffnotice_inbox")]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "dedupe_key"], name="accounts_staffnotice_once"),
            models.CheckConstraint(
                name="accounts_staffnotice_link_local",
                condition=models.Q(link="") | models.Q(link__regex=r"^/([^/\\]|$)"),
                violation_error_message=_("消息只能链接到本厅的页面。"),
            ),
        ]

    def __str__(self) -> str:
        return self.title
