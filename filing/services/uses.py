"""What invoicing is told of the use of digital invoices (用途确认): it ends when nothing that was filed counts it."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Taxpayer
from filing import selectors
from filing.choices import TickState
from filing.models import InputVoucher
from invoicing import services as invoicing_services


def free_uses(*, taxpayer: Taxpayer, pks: Iterable[int]) -> None:
    """Let sellers know that vouchers are no longer used, but for those that are ticked or that a filed return counts.

    Rule: a tick taken back for a correction changes nothing yet; until the correction is filed, the filed return
    deducts, and only its buyer's agreement lets the invoice be taken back.
    """
    rows = dict(
        InputVoucher.objects.filter(taxpayer=taxpayer, pk__in=set(pks), state=TickState.OPEN).values_list(
            "pk", "number"
        )
    )
    counted = selectors.counted_by_filed(taxpayer=taxpayer, pks=rows)
    numbers = [number for pk, number in rows.items() if pk not in counted]
    invoicing_services.note_buyer_use(buyer=taxpayer, numbers=numbers, is_used=False)
