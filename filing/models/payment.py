"""Payment orders to the treasury: the outbox row and every signed answer kept."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from filing.choices import ENDED_PAYMENTS, HELD_PAYMENTS, PaymentState
from filing.models.returns import TaxReturn
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel, TimestampedModel
from taxhall.common.money import ZERO, MoneyField


class Payment(TimestampedModel):
    """One order to pay a return's tax; the row is the intent, committed before the treasury is asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tax_return = models.ForeignKey(TaxReturn, on_delete=models.PROTECT, related_name="payments")
    key = models.CharField(_("缴款键"), max_length=64, unique=True)
    # What is ordered as a whole, the surcharge for lateness (滞纳金) in it.
    amount = MoneyField(_("金额"))
    late_fee = MoneyField(_("其中滞纳金"), default=ZERO)
    late_days = models.PositiveIntegerField(_("滞纳天数"), default=0)
    # What the treasury signed that it has, and how much of it is tax.
    received_amount = MoneyField(_("入库金额"), default=ZERO)
    received_tax = MoneyField(_("入库税款"), default=ZERO)
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
    refunded_at = models.DateTimeField(_("退回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("缴款")
        verbose_name_plural = _("缴款")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tax_return"],
                condition=~Q(state__in=ENDED_PAYMENTS),
                name="filing_payment_one_live_per_return",
            ),
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="filing_payment_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="filing_payment_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=HELD_PAYMENTS)
                | (Q(received_at__isnull=False) & ~Q(signature="") & ~Q(treasury_reference="")),
                name="filing_payment_received_is_signed",
            ),
            models.CheckConstraint(
                condition=~Q(state=PaymentState.REFUNDED) | (Q(refunded_at__isnull=False) & ~Q(signature="")),
                name="filing_payment_refund_is_signed",
            ),
            models.CheckConstraint(
                condition=(~Q(state=PaymentState.RECEIVED) | Q(received_amount=F("amount")))
                & (~Q(state=PaymentState.PARTIAL) | Q(received_amount__gt=0, received_amount__lt=F("amount"))),
                name="filing_payment_received_fits_state",
            ),
            models.CheckConstraint(
                condition=Q(late_fee__gte=0, late_fee__lte=F("amount"), received_tax__gte=0)
                & Q(received_tax__lte=F("received_amount")),
                name="filing_payment_parts_fit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.amount} {self.get_state_display()}"

    @property
    def tax_amount(self) -> Decimal:
        """How much of the order is tax."""
        return self.amount - self.late_fee

    @property
    def received_fee(self) -> Decimal:
        """How much of what was received is surcharge: the tax is paid first."""
        return self.received_amount - self.received_tax


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


class TreasuryMessage(AppendOnlyModel):
    """One message that the treasury sent by itself (回调) and that was acted on; its number makes a repeat known."""

    number = models.CharField(_("报文号"), max_length=64, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="messages", verbose_name=_("缴款"))
    # Over what it says, not over when it was sent: a repeat is signed anew.
    digest = models.CharField(_("内容摘要"), max_length=64)
    sent_at = models.DateTimeField(_("发出时间"))
    recorded_at = models.DateTimeField(_("收到时间"), default=clock.now)

    class Meta:
        verbose_name = _("国库报文")
        verbose_name_plural = _("国库报文")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.number
