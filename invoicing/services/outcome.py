"""What became of an order, written on the invoice; each runs inside the caller's transaction."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices.errors import CardOutcomeUnknownError, DiskError
from devices.messages import how_to_be_read
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from taxhall.common.errors import TaxhallError
from taxhall.common.prepared import Prepared, Slot, update

_LOCKED: Prepared[Invoice] = Prepared(lambda: Invoice.objects.select_for_update().filter(pk=Slot("pk")))


def find_locked(pk: int) -> Invoice | None:
    """Lock the invoice row and return it as it is now; None when it was discarded."""
    return _LOCKED.first(pk=pk)


def lock_invoice(pk: int) -> Invoice:
    """Lock the invoice row and return it as it is now. Raises: Invoice.DoesNotExist."""
    return _LOCKED.get(pk=pk)


def note(invoice: Invoice, *, code: str = "", text: Any = "", next_step: Any = "", also: tuple[str, ...] = ()) -> None:
    """Keep the words of what happened on the invoice, for its page; without words, the last ones go."""
    invoice.error_code = code
    invoice.error_text = str(text)[:500]
    invoice.error_next_step = str(next_step)[:500]
    update(invoice, ["error_code", "error_text", "error_next_step", "updated_at", *also])


def note_waiting(invoice: Invoice, error: TaxhallError) -> None:
    """Say why the order is still in the outbox; nothing was sent."""
    note(invoice, code=error.code, text=error.message, next_step=error.next_step)


def note_doubt(invoice: Invoice, error: TaxhallError, *, is_reading: bool = False) -> None:
    """Mark the invoice 待核实: bytes were sent and nobody knows whether the disk acted (trust R-10).

    Rule: what kept the hall from reading the disk (`is_reading`) says nothing of what was sent before. A disk that is
    absent now got nothing now; told beside the doubt, that would be taken for the order itself.
    """
    if not invoice.is_waiting:
        return
    was_known = invoice.state == InvoiceState.IN_DOUBT
    invoice.state = InvoiceState.IN_DOUBT
    text: Any = _what_is_open(invoice)
    next_step: Any = _("%(plug)s；请不要重复操作，系统会自动读卡核实。") % {"plug": how_to_be_read(error.code)}
    if is_reading and isinstance(error, DiskError):
        text = f"{text}{_('刚才读卡核实没有结果，系统会再试。')}"
    elif error.code != CardOutcomeUnknownError.code:
        text, next_step = f"{text}{error.message}", error.next_step or next_step
    note(invoice, code=error.code, text=text, next_step=next_step, also=("state",))
    if not was_known:
        audit(invoice, "invoicing.outcome_unknown", data={"code": error.code})


def _what_is_open(invoice: Invoice) -> Any:
    if invoice.is_numbered:
        return _("与设备的联系在发送之后中断，作废是否完成还不知道。系统读卡核实之前，这张发票显示为待核实。")
    return _("与设备的联系在发送之后中断，发票是否已经开出还不知道。系统读卡核实之前，这张发票显示为待核实。")


def note_for_person(invoice: Invoice, error: TaxhallError) -> None:
    """Leave the invoice 待核实 in words that promise no read-back: a person has to find out."""
    if not invoice.is_waiting:
        return
    invoice.state = InvoiceState.IN_DOUBT
    note(invoice, code=error.code, text=error.message, next_step=error.next_step, also=("state",))
    audit(invoice, "invoicing.handed_to_person", data={"code": error.code})


def return_to_draft(invoice: Invoice, *, code: str, text: Any, next_step: Any, actor: User | None = None) -> None:
    """Give the invoice back to its author; called when it is certain that the disk did not sign."""
    if invoice.is_numbered or invoice.state not in (InvoiceState.ISSUING, InvoiceState.IN_DOUBT):
        return
    invoice.state = InvoiceState.DRAFT
    note(invoice, code=code, text=text, next_step=next_step, also=("state",))
    audit(invoice, "invoicing.issue_refused", actor=actor, data={"code": code})


def keep_valid(invoice: Invoice, *, code: str, text: Any, next_step: Any) -> None:
    """Leave the invoice valid; called when it is certain that the disk did not void it."""
    if not invoice.is_numbered or invoice.state not in (InvoiceState.VOIDING, InvoiceState.IN_DOUBT):
        return
    invoice.state = InvoiceState.ISSUED
    note(invoice, code=code, text=text, next_step=next_step, also=("state",))
    audit(invoice, "invoicing.void_refused", data={"code": code})


def audit(invoice: Invoice, action: str, *, data: dict[str, Any], actor: User | None = None) -> None:
    """Write who did what to the invoice, in the same transaction."""
    account_services.record_audit_event(
        actor=actor, action=action, obj=invoice, taxpayer_id=invoice.taxpayer_id, data=data
    )
