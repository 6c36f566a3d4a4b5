"""What clearcard does on news from filing: look again at the company's cases."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from clearcard import services
from filing.models import TaxReturn
from filing.signals import payment_received, return_accepted


@receiver((return_accepted, payment_received), dispatch_uid="clearcard.look_again")
def look_again(*, tax_return: TaxReturn, **_: Any) -> None:
    """Ring for the company's unfinished cases; the sweeper repairs a missed signal."""
    services.ring_waiting_cases(taxpayer_id=tax_return.taxpayer_id)
