"""The certificate of a clear (清卡凭证)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from clearcard.models.case import ClearCardCase
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel


class Certificate(AppendOnlyModel):
    """The certificate, made in the transaction that stored the disk's receipt; verifiable by anyone with the token."""

    case = models.OneToOneField(ClearCardCase, on_delete=models.PROTECT, related_name="certificate")
    number = models.CharField(_("凭证编号"), max_length=24, unique=True)
    issued_at = models.DateTimeField(_("出具时间"), default=clock.now)
    verify_token = models.CharField(_("核验码"), max_length=40, unique=True)
    payload = models.JSONField(_("内容"))
    digest = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = _("清卡凭证")
        verbose_name_plural = _("清卡凭证")
        ordering = ["-issued_at"]

    def __str__(self) -> str:
        return self.number
