"""Taking digital invoices back: what both sides confirm (红字发票信息确认单), and whether the buyer used them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from invoicing.choices import OPEN_CONFIRMATIONS, ConfirmationSide, ConfirmationState, RedReason
from invoicing.models.invoice import Invoice
from taxhall.common.models import TimestampedModel
from taxhall.common.money import MoneyField


class RedConfirmation(TimestampedModel):
    """What seller and buyer agree to take back of one digital invoice; good for one red invoice.

    Made by either side; its content never changes, only its state (trigger) and the red draft it led to.
    """

    key = models.UUIDField(unique=True, editable=False)
    number = models.CharField(_("确认单编号"), max_length=16, unique=True)
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="red_confirmations", db_index=False, verbose_name=_("销售方")
    )
    # Empty when the buyer is no taxpayer of this hall.
    buyer = models.ForeignKey(
        Taxpayer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("购买方"),
    )
    blue = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="red_confirmations", verbose_name=_("对应蓝字发票")
    )
    red = models.OneToOneField(
        Invoice,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="red_confirmation",
        verbose_name=_("红字发票"),
    )
    side = models.CharField(_("申请方"), max_length=6, choices=ConfirmationSide)
    reason = models.CharField(_("红冲原因"), max_length=10, choices=RedReason)
    is_used = models.BooleanField(_("购买方已用于抵扣或入账"), default=False)
    # Positive, by the blue line they are taken from: {line: [amount, tax]}.
    shares = models.JSONField(_("各行金额"))
    amount = MoneyField(_("金额"))
    tax = MoneyField(_("税额"))
    state = models.CharField(_("状态"), max_length=10, choices=ConfirmationState)
    expires_at = models.DateTimeField(_("确认期限"), null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("申请人")
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("答复人"),
    )
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answer_note = models.CharField(_("答复说明"), max_length=200, blank=True)
    # Where the buyer confirmed outside this hall: the number it was given there.
    outside_number = models.CharField(_("购买方确认编号"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("红字发票信息确认单")
        verbose_name_plural = _("红字发票信息确认单")
        ordering = ["-pk"]
        indexes = [
            models.Index("taxpayer", models.F("id").desc(), name="invoicing_confirmation_list"),
            models.Index(
                "buyer", models.F("id").desc(), name="invoicing_confirmation_buyer", condition=Q(buyer__isnull=False)
            ),
            models.Index("expires_at", name="invoicing_confirmation_due", condition=Q(state=ConfirmationState.WAITING)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["blue"], condition=Q(state__in=OPEN_CONFIRMATIONS), name="invoicing_confirmation_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ConfirmationState.values), name="invoicing_confirmation_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=ConfirmationState.WAITING) | Q(expires_at__isnull=False),
                name="invoicing_confirmation_waits_until",
            ),
            # Unless the buyer has used the invoice, the seller alone takes all of it back.
            models.CheckConstraint(
                condition=Q(is_used=True) | Q(side=ConfirmationSide.SELLER),
                name="invoicing_confirmation_buyer_has_used",
            ),
            models.CheckConstraint(
                condition=~Q(state=ConfirmationState.USED) | Q(red__isnull=False),
                name="invoicing_confirmation_used_by_a_red",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, tax__gte=0), name="invoicing_confirmation_is_positive"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Whether it may still lead to a red invoice."""
        return self.state in OPEN_CONFIRMATIONS


class BuyerUse(models.Model):
    """Whether the buyer of a digital invoice, a taxpayer of this hall, has confirmed its use (用途确认)."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="buyer_use")
    is_used = models.BooleanField(_("已用途确认"))
    changed_at = models.DateTimeField(_("变更时间"))

    class Meta:
        verbose_name = _("购买方用途确认")
        verbose_name_plural = _("购买方用途确认")

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.is_used}"
