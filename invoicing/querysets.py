"""Chainable filters of invoices."""

from __future__ import annotations

from typing import Any

from django.db import models

from invoicing.choices import NUMBERED_STATES, PAPER_KINDS, WAITING_STATES, InvoiceState
from taxhall.common.periods import TaxPeriod

# What stands in the way of a clear; indexes are cut to the same words, so a look at them reads only what it shows.
NOT_UPLOADED = models.Q(is_uploaded=False, state__in=NUMBERED_STATES)
# Only paper is printed by law; an electronic invoice is its file.
NOT_PRINTED = models.Q(print_count=0, state=InvoiceState.ISSUED, kind__in=sorted(PAPER_KINDS))
# The disk's answer came, but its signature or digest was not its own.
_SIGNATURE_CODES = ("disk.bad_signature", "disk.ack_digest")


class InvoiceQuerySet(models.QuerySet[Any]):
    """Invoices by what they are."""

    def numbered(self) -> InvoiceQuerySet:
        """Keep those the disk has signed, voided ones included; a void in doubt still has its number."""
        return self.filter(models.Q(state__in=NUMBERED_STATES) | models.Q(state=InvoiceState.IN_DOUBT, number__gt=""))

    def red(self) -> InvoiceQuerySet:
        """Those that take another one back."""
        return self.filter(blue__isnull=False)

    def blue(self) -> InvoiceQuerySet:
        """Those that stand on their own."""
        return self.filter(blue__isnull=True)

    def waiting(self) -> InvoiceQuerySet:
        """Keep those that wait for the disk's word."""
        return self.filter(state__in=WAITING_STATES)

    def in_period(self, period: TaxPeriod) -> InvoiceQuerySet:
        """Keep those dated in the period."""
        return self.filter(dated_on__range=(period.start, period.end))

    def not_uploaded(self) -> InvoiceQuerySet:
        """Keep the signed ones the bureau has not acknowledged (未上传)."""
        return self.filter(NOT_UPLOADED)

    def not_printed(self) -> InvoiceQuerySet:
        """Keep the valid paper invoices that were never printed (未打印)."""
        return self.filter(NOT_PRINTED)

    def signature_failed(self) -> InvoiceQuerySet:
        """Keep those whose answer from the disk did not pass the check of its signature (验签失败)."""
        return self.waiting().filter(error_code__in=_SIGNATURE_CODES)

    def with_face(self) -> InvoiceQuerySet:
        """Fetch what the face view shows in two statements."""
        return self.select_related(
            "taxpayer__bureau", "device", "drawer", "voided_by", "blue", "red_form", "vehicle"
        ).prefetch_related("lines")
