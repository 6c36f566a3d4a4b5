"""Payment orders to the treasury: the outbox row and every signed answer kept."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from filing.choices import PaymentState
from filing.models.returns import TaxReturn
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel, TimestampedModel
from taxhall.common.money import MoneyField


class Payment(TimestampedModel):
    """One order to pay a return's tax; the row is the intent, committed before the treasury is asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tax_return = models.ForeignKey(TaxReturn, on_delete=models.PROTECT, related_name="payments")
    key = models.CharField(_("缴款键"), max_length=64, unique=True)
    amount = MoneyField(_("金额"))
    state = models.CharField(_("状态"), max_length=10, choices=PaymentState, default=PaymentState.REQUESTED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("缴款人")
    )
    attempts = models.PositiveIntegerField(_("询问次数"), default=0)
    # Whether bytes may have reached the treasury: from then on it is asked, not told.
    sent_at = models.DateTimeField(_("发出时间"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    treasury_reference = models.CharField(_("国库回执号"), max_length=80, blank=True)
    message = models.CharField(_("说明"), max_length=300, blank=True)
    signature = models.TextField(_("回执签名"), blank=True)
    received_at = models.DateTimeField(_("入库时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("缴款")
        verbose_name_plural = _("缴款")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tax_return"],
                condition=~Q(state=PaymentState.FAILED),
                name="filing_payment_one_live_per_return",
            ),
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="filing_payment_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="filing_payment_positive"),
            models.CheckConstraint(
                condition=~Q(state=PaymentState.RECEIVED)
                | (Q(received_at__isnull=False) & ~Q(signature="") & ~Q(treasury_reference="")),
                name="filing_payment_received_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.amount} {self.get_state_display()}"


class PaymentAnswer(AppendOnlyModel):
    """One verified answer of the treasury, exactly as it was signed."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="answers")
    digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10)
    raw = models.TextField()
    signature = models.TextField()
    key_id = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=40)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("国库回执")
        verbose_name_plural = _("国库回执")

    def __str__(self) -> str:
        return f"{self.payment_id} {self.state}"
