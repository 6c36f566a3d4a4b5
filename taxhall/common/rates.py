"""VAT rates and levy rates (税率、征收率) by the code that invoices, disks and returns share."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaxRate(models.TextChoices):
    """A rate as printed on an invoice line."""

    RATE_13 = "13", "13%"
    RATE_9 = "9", "9%"
    RATE_6 = "6", "6%"
    RATE_5 = "5", "5%"
    RATE_3 = "3", "3%"
    RATE_1_5 = "1.5", "1.5%"
    RATE_1 = "1", "1%"
    ZERO = "0", "0%"
    EXEMPT = "exempt", _("免税")
    UNTAXED = "untaxed", _("不征税")

    @property
    def fraction(self) -> Decimal:
        """The rate as a number: 13% is 0.13; exempt and untaxed are zero."""
        if self in (TaxRate.EXEMPT, TaxRate.UNTAXED):
            return Decimal(0)
        return Decimal(self.value) / 100


# Asked for every line of every invoice; TaxRate.values is made anew each time.
RATE_CODES: frozenset[str] = frozenset(TaxRate.values)
