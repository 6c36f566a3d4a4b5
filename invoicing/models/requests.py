"""What other systems asked for, by the id they gave it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from invoicing.models.invoice import Invoice
from taxhall.common import clock


class InvoiceRequest(models.Model):
    """One act on invoices that a company's own software asked for; kept for good, so that a repeat never acts twice.

    Made in the transaction of the act, never changed; only a discarded draft lets go of its invoice.
    """

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(_("请求号"), max_length=128)
    # Of the act and its content: the same id with other content is refused.
    digest = models.CharField(_("内容摘要"), max_length=64)
    act = models.CharField(_("办理事项"), max_length=10)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.SET_NULL, null=True, blank=True, related_name="requests", verbose_name=_("发票")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("操作人")
    )
    made_at = models.DateTimeField(_("时间"), default=clock.now)

    class Meta:
        verbose_name = _("接口请求")
        verbose_name_plural = _("接口请求")
        constraints = [models.UniqueConstraint(fields=["taxpayer", "key"], name="invoicing_request_once")]

    def __str__(self) -> str:
        return self.key
