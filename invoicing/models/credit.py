"""The monthly credit (发票总额度) within which a company issues digital invoices, and who changed it why."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from invoicing.choices import CreditChangeKind
from taxhall.common.models import AppendOnlyModel, TimestampedModel
from taxhall.common.money import MoneyField


class InvoiceCredit(TimestampedModel):
    """What a company may issue a month, tax-exclusive, from the officers' last periodic change on.

    Whoever issues a digital invoice locks this row first: it orders the company's numbers and its use of the month.
    """

    taxpayer = models.OneToOneField(
        Taxpayer, on_delete=models.PROTECT, related_name="invoice_credit", verbose_name=_("纳税人")
    )
    amount = MoneyField(_("每月总额度"))

    class Meta:
        verbose_name = _("发票总额度")
        verbose_name_plural = _("发票总额度")
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="invoicing_credit_not_negative")]

    def __str__(self) -> str:
        return f"{self.taxpayer_id} {self.amount}"


class CreditMonth(models.Model):
    """One month of a company's credit: its base, what it was changed by for this month, and what is used of it."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("纳税人")
    )
    month = models.DateField(_("月份"))
    base = MoneyField(_("每月总额度"))
    extra = MoneyField(_("临时调整"), default=Decimal("0.00"))
    used = MoneyField(_("已使用"), default=Decimal("0.00"))

    class Meta:
        verbose_name = _("月度发票总额度")
        verbose_name_plural = _("月度发票总额度")
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "month"], name="invoicing_creditmonth_once"),
            models.CheckConstraint(
                condition=Q(used__gte=0, used__lte=F("base") + F("extra")), name="invoicing_creditmonth_within_credit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.used}/{self.amount}"

    @property
    def amount(self) -> Decimal:
        """The credit of the month."""
        return self.base + self.extra

    @property
    def left(self) -> Decimal:
        """What may still be issued."""
        return self.amount - self.used


class CreditChange(AppendOnlyModel):
    """One change by an officer, with its reason; never changed itself."""

    key = models.UUIDField(unique=True, editable=False)
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="credit_changes", verbose_name=_("纳税人")
    )
    kind = models.CharField(_("调整方式"), max_length=9, choices=CreditChangeKind)
    month = models.DateField(_("月份"))
    # Periodic: the new amount of every month; temporary: how much more (or less) in this one.
    amount = MoneyField(_("金额"))
    reason = models.CharField(_("原因"), max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("办理人")
    )
    made_at = models.DateTimeField(_("办理时间"))

    class Meta:
        verbose_name = _("总额度调整")
        verbose_name_plural = _("总额度调整")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CreditChangeKind.values), name="invoicing_creditchange_kind"),
            models.CheckConstraint(condition=~Q(reason=""), name="invoicing_creditchange_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.month:%Y-%m} {self.amount}"
