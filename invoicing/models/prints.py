"""What was printed, and how far each person's printer is off."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.choices_files import PrintMode
from invoicing.models.invoice import Invoice
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel, TimestampedModel

# Tenths of a millimetre: further off, the form lies wrong in the printer.
MOST_NUDGE = 200


class InvoicePrint(AppendOnlyModel):
    """One time that an invoice was printed: the how manieth, when, by whom; written with the count of the invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="prints", db_index=False)
    ordinal = models.PositiveSmallIntegerField(_("第几次"))
    mode = models.CharField(_("打印方式"), max_length=10, choices=PrintMode, blank=True)
    printed_at = models.DateTimeField(_("打印时间"), default=clock.now)
    # Empty when an operator printed by command.
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("打印人"),
    )

    class Meta:
        verbose_name = _("打印记录")
        verbose_name_plural = _("打印记录")
        ordering = ["invoice_id", "-ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "ordinal"], name="invoicing_print_ordinal_once"),
            models.CheckConstraint(condition=Q(ordinal__gt=0), name="invoicing_print_ordinal_from_one"),
            models.CheckConstraint(condition=Q(mode__in=["", *PrintMode.values]), name="invoicing_print_mode_known"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.ordinal}"


class PrinterNudge(TimestampedModel):
    """How far one person's printer is off, in tenths of a millimetre; remembered from print to print."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="printer_nudge")
    right = models.SmallIntegerField(_("向右"), default=0)
    down = models.SmallIntegerField(_("向下"), default=0)

    class Meta:
        verbose_name = _("打印位置微调")
        verbose_name_plural = _("打印位置微调")
        constraints = [
            models.CheckConstraint(
                condition=Q(right__range=(-MOST_NUDGE, MOST_NUDGE), down__range=(-MOST_NUDGE, MOST_NUDGE)),
                name="invoicing_nudge_within_reach",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.right / 10:g} / {self.down / 10:g} mm"
