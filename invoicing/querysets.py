"""Chainable filters of invoices."""

from __future__ import annotations

from typing import Any

from django.db import models

from invoicing.choices import NUMBERED_STATES, WAITING_STATES, InvoiceState
from taxhall.common.periods import TaxPeriod


class InvoiceQuerySet(models.QuerySet[Any]):
    """Invoices by what they are."""

    def numbered(self) -> InvoiceQuerySet:
        """Keep those the disk has signed, voided ones included; a void in doubt still has its number."""
        return self.filter(models.Q(state__in=NUMBERED_STATES) | models.Q(state=InvoiceState.IN_DOUBT, number__gt=""))

    def waiting(self) -> InvoiceQuerySet:
        """Keep those that wait for the disk's word."""
        return self.filter(state__in=WAITING_STATES)

    def in_period(self, period: TaxPeriod) -> InvoiceQuerySet:
        """Keep those dated in the period."""
        return self.filter(dated_on__range=(period.start, period.end))

    def not_uploaded(self) -> InvoiceQuerySet:
        """Keep the signed ones the bureau has not acknowledged (未上传)."""
        return self.filter(is_uploaded=False, state__in=NUMBERED_STATES)

    def with_face(self) -> InvoiceQuerySet:
        """Fetch what the face view shows in two statements."""
        return self.select_related("taxpayer", "device", "drawer", "voided_by", "blue", "red_form").prefetch_related(
            "lines"
        )
