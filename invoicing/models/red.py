"""Red forms (开具红字增值税专用发票信息表) and the series their numbers come from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from invoicing.choices import RedApplicant, RedFormState, RedReason
from invoicing.models.invoice import Invoice
from taxhall.common.models import TimestampedModel
from taxhall.common.money import MoneyField


class RedForm(TimestampedModel):
    """The bureau's leave to take back (part of) one special invoice; good for one red invoice.

    Given through this hall, or entered by the seller with the number that the buyer was given elsewhere.
    """

    key = models.UUIDField(unique=True, editable=False)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="red_forms", db_index=False)
    blue = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="red_forms", verbose_name=_("对应蓝字发票")
    )
    number = models.CharField(_("信息表编号"), max_length=16, unique=True)
    applicant = models.CharField(_("申请方"), max_length=6, choices=RedApplicant)
    reason = models.CharField(_("红冲原因"), max_length=10, choices=RedReason)
    state = models.CharField(_("状态"), max_length=10, choices=RedFormState, default=RedFormState.APPROVED)
    # Positive, by the blue line they are taken from: {line: amount}.
    shares = models.JSONField(_("各行金额"))
    amount = MoneyField(_("金额"))
    tax = MoneyField(_("税额"))
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("申请人")
    )

    class Meta:
        verbose_name = _("红字信息表")
        verbose_name_plural = _("红字信息表")
        ordering = ["-pk"]
        indexes = [models.Index("taxpayer", models.F("id").desc(), name="invoicing_redform_list")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RedFormState.values), name="invoicing_redform_state_known"),
            models.CheckConstraint(condition=Q(number__regex=r"^\d{16}$"), name="invoicing_redform_number_shape"),
            models.CheckConstraint(condition=Q(amount__gt=0, tax__gte=0), name="invoicing_redform_is_positive"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_unverified(self) -> bool:
        """Whether the number was given elsewhere, so that nobody here knows if it was."""
        return self.applicant == RedApplicant.BUYER

    @property
    def standing(self) -> str:
        """Where the form stands in words; of one that was entered the hall knows of no approval."""
        if self.is_unverified and self.state == RedFormState.APPROVED:
            return str(_("已录入，未经核验"))
        return str(self.get_state_display())


class NumberSeries(models.Model):
    """The last number given out of one series; its row is locked by whoever takes the next."""

    key = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("编号序列")
        verbose_name_plural = _("编号序列")

    def __str__(self) -> str:
        return f"{self.key} {self.last}"
