"""Files that wait while another field of their form is put right."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Taxpayer


class HeldFile(models.Model):
    """One file of one form of one session; goes when it is used, replaced or expired.

    The row is made before the file is stored, so that nothing is stored that the purge would not find. Nobody is
    given the file before a scanner has called it clean.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="+", verbose_name=_("纳税人"))
    session_digest = models.CharField(_("会话摘要"), max_length=64)
    form = models.CharField(_("表单"), max_length=100)
    file = models.CharField(_("文件"), max_length=200, unique=True)
    original_name = models.CharField(_("文件名"), max_length=200)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(_("摘要"), max_length=64)
    is_clean = models.BooleanField(_("未发现病毒"), default=False)
    held_at = models.DateTimeField(_("保留时间"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("暂存的文件")
        verbose_name_plural = _("暂存的文件")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["user", "id"], name="accounts_heldfile_user"),
            models.Index(fields=["held_at"], name="accounts_heldfile_age"),
        ]

    def __str__(self) -> str:
        return self.original_name
