"""Remembering that invoices were printed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies
from invoicing.models import Invoice
from taxhall.common import clock
from taxhall.common.policies import require


@transaction.atomic
def record_printed(*, actor: User, taxpayer: Taxpayer, pks: Iterable[int]) -> int:
    """Count one more print of each of the company's numbered invoices and return how many there were.

    Called by whatever hands out a printable face; ids of another company's invoices are passed over.
    Raises: NotPermittedError.
    """
    require(policies.can_print_invoice(actor, taxpayer), _("您的身份不能打印这家企业的发票。"))
    found = Invoice.objects.filter(taxpayer=taxpayer, pk__in=list(pks)).exclude(number="")
    numbers = list(found.order_by("pk").select_for_update().values_list("pk", flat=True))
    now = clock.now()
    Invoice.objects.filter(pk__in=numbers).update(print_count=F("print_count") + 1, printed_at=now, updated_at=now)
    if numbers:
        account_services.record_audit_event(
            actor=actor, action="invoicing.invoices_printed", obj=None, taxpayer=taxpayer, data={"invoices": numbers}
        )
    return len(numbers)
