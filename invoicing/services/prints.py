"""Remembering that invoices were printed, and how far each printer is off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies
from invoicing.choices import InvoiceState
from invoicing.errors_files import PrintedMeanwhileError
from invoicing.models import MOST_NUDGE, Invoice, InvoicePrint, PrinterNudge
from invoicing.printing import mode_of
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require


@transaction.atomic
def record_printed(
    *,
    actor: User | None,
    taxpayer: Taxpayer,
    pks: Iterable[int],
    mode: str = "",
    drawn: Mapping[int, tuple[int, bool]] | None = None,
) -> int:
    """Count one more print of each of the company's numbered invoices and return how many there were.

    Called by whatever hands out a printable face; ids of another company's invoices are passed over. Without an
    actor it is an operator's command. `drawn` says how often each had been printed, and whether it was voided, when its
    face was drawn (`as_drawn`).
    Raises: NotPermittedError; PrintedMeanwhileError when one was counted, or voided, since; nothing is counted.
    """
    if actor is not None:
        require(policies.can_print_invoice(actor, taxpayer), _("您的身份不能打印这家企业的发票。"))
    found = Invoice.objects.filter(taxpayer=taxpayer, pk__in=list(pks)).exclude(number="")
    rows = list(found.order_by("pk").select_for_update())
    if drawn is not None and as_drawn(rows) != dict(drawn):
        raise PrintedMeanwhileError
    counts = {row.pk: row.print_count for row in rows}
    now = clock.now()
    Invoice.objects.filter(pk__in=counts).update(print_count=F("print_count") + 1, printed_at=now, updated_at=now)
    InvoicePrint.objects.bulk_create(
        InvoicePrint(
            invoice=row,
            ordinal=row.print_count + 1,
            mode=mode and mode_of(row.kind, mode),
            printed_at=now,
            printed_by=actor,
        )
        for row in rows
    )
    if counts:
        account_services.record_audit_event(
            actor=actor,
            action="invoicing.invoices_printed",
            obj=None,
            taxpayer=taxpayer,
            data={"invoices": list(counts), "mode": mode},
        )
    return len(counts)


def as_drawn(invoices: Iterable[Invoice]) -> dict[int, tuple[int, bool]]:
    """Return what a face shows beyond what is frozen: which copy it is, and whether the invoice is voided."""
    return {each.pk: (each.print_count, each.state == InvoiceState.VOIDED) for each in invoices}


@transaction.atomic
def remember_nudge(*, actor: User, taxpayer: Taxpayer, right: int, down: int) -> PrinterNudge:
    """Keep how far this person's printer is off, in tenths of a millimetre. Raises: InvalidInputError."""
    if max(abs(right), abs(down)) > MOST_NUDGE:
        raise InvalidInputError(
            _("微调最多 %(most)d 毫米，没有保存。") % {"most": MOST_NUDGE // 10},
            code="print.nudge_too_far",
            next_step=_("偏得更多时，请先把纸在打印机里放正。"),
        )
    nudge, _is_new = PrinterNudge.objects.update_or_create(user=actor, defaults={"right": right, "down": down})
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.printer_nudged",
        obj=nudge,
        taxpayer=taxpayer,
        data={"right": right, "down": down},
    )
    return nudge
