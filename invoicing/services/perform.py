"""The device worker's part: an invoice's errand to its disk, and the disk's truth into the ledger."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from devices import services as device_services
from devices.models import DeviceCommand
from devices.protocol.messages import InvoiceOrder, SignedInvoice, SignedVoid
from invoicing import tasks
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from invoicing.services import outcome
from invoicing.services.errands import Errand, run_errand
from invoicing.services.imports.issuing import go_on_issuing
from invoicing.services.orders import find_command
from invoicing.services.red import lock_blue, settle_blue
from taxhall.common import clock
from taxhall.common.errors import ConflictError, TaxhallError
from taxhall.common.prepared import Prepared, Slot


def perform_issue(*, invoice_id: int) -> None:
    """Have the disk sign one invoice, or find out whether it already did; safe to run any number of times."""
    invoice = _errand_of(invoice_id)
    command = find_command(invoice)
    if command is not None and invoice.is_waiting and not invoice.is_numbered:
        run_errand(IssueErrand(invoice, command))
        go_on_issuing(invoice)


def perform_void(*, invoice_id: int) -> None:
    """Have the disk void one invoice, or find out whether it already did; safe to run any number of times."""
    invoice = _errand_of(invoice_id)
    command = find_command(invoice)
    if command is not None and invoice.is_waiting and invoice.is_numbered:
        run_errand(VoidErrand(invoice, command))


def _errand_of(invoice_id: int) -> Invoice:
    """Return what an errand needs to know; what it changes is read again under the invoice's lock."""
    return _ERRAND.get(pk=invoice_id)


_OF_DISK = ("serial", "certificate", "driver", "taxpayer")
_NEEDED = (
    "state",
    "number",
    "blue",
    "issue_key",
    "request_id",
    "void_request_id",
    *(f"device__{name}" for name in _OF_DISK),
)
_ERRAND: Prepared[Invoice] = Prepared(
    lambda: Invoice.objects.select_related("device").only(*_NEEDED).filter(pk=Slot("pk"))
)


def resolve_invoice(*, invoice_id: int) -> Invoice:
    """Read back what became of an invoice that waits, and return it as it then is (待核实 is left only so)."""
    if Invoice.objects.filter(pk=invoice_id, number="").exists():
        perform_issue(invoice_id=invoice_id)
    else:
        perform_void(invoice_id=invoice_id)
    found: Invoice = Invoice.objects.select_related("device", "taxpayer").get(pk=invoice_id)
    return found


class IssueErrand(Errand):
    """Sign this invoice."""

    @property
    def task(self) -> Any:
        """The task that runs this errand again."""
        return tasks.issue_on_disk

    @property
    def order(self) -> InvoiceOrder:
        """The order exactly as it was written into the outbox."""
        return InvoiceOrder.from_json(self.command.payload)

    def send(self) -> SignedInvoice:
        """Let the disk sign."""
        return device_services.issue_on_card(device=self.invoice.disk, order=self.order)

    def find(self) -> SignedInvoice | None:
        """Read the record of this request back."""
        found = device_services.find_on_card(device=self.invoice.disk, request_id=self.invoice.request_id.hex)
        if found is not None and found.order_digest != self.order.digest_under(found.algorithm):
            raise ConflictError(_("设备上有同一请求号的另一张发票。"), code="invoice.other_order")
        return found

    def record(self, answer: SignedInvoice) -> None:
        """Write number, codes and signature; the invoice is issued from here on."""
        record_issued(invoice=self.invoice, command=self.command, signed=answer)

    def refuse(self, error: TaxhallError) -> None:
        """Give the invoice back as a draft with the disk's words."""
        outcome.return_to_draft(
            outcome.lock_invoice(self.invoice.pk), code=error.code, text=error.message, next_step=error.next_step
        )

    def why_not_again(self) -> TaxhallError | None:
        """Refuse to sign on a later day what was meant for an earlier one."""
        if timezone.localdate(self.order.issued_at) == clock.today():
            return None
        return ConflictError(
            _("经读卡核实，设备没有开具这张发票；因已过开票当日，没有自动重开。"),
            code="invoice.not_signed",
            next_step=_("请核对后重新开具。"),
        )


class VoidErrand(Errand):
    """Void this invoice."""

    @property
    def task(self) -> Any:
        """The task that runs this errand again."""
        return tasks.void_on_disk

    def send(self) -> SignedVoid:
        """Let the disk void."""
        return device_services.void_on_card(device=self.invoice.disk, **self.command.payload)

    def find(self) -> SignedVoid | None:
        """Read the record of this request back."""
        wanted = self.command.payload
        found = device_services.find_void_on_card(device=self.invoice.disk, request_id=wanted["request_id"])
        if found is not None and not found.is_of(**wanted):
            raise ConflictError(_("设备上同一请求号作废的是另一张发票，这张没有作废。"), code="invoice.other_order")
        return found

    def record(self, answer: SignedVoid) -> None:
        """Write the disk's record of the voiding."""
        record_voided(invoice=self.invoice, command=self.command, signed=answer)

    def refuse(self, error: TaxhallError) -> None:
        """Leave the invoice valid, with the disk's words."""
        outcome.keep_valid(
            outcome.lock_invoice(self.invoice.pk), code=error.code, text=error.message, next_step=error.next_step
        )

    def why_not_again(self) -> TaxhallError | None:
        """Send again: the disk itself refuses a void that has become too late."""
        return None


@transaction.atomic
def record_issued(*, invoice: Invoice, command: DeviceCommand, signed: SignedInvoice) -> None:
    """Record what the disk signed; a repeated answer changes nothing. Lock order: command, device, invoice.

    The signature was verified with the enrolled key when the answer came in.
    """
    device_services.record_signed(device=invoice.disk, signed=signed, command=command)
    invoice = _lock_with_blue(invoice)
    if invoice.is_numbered:
        return
    invoice.state = InvoiceState.ISSUED
    invoice.code, invoice.number, invoice.counter = signed.code, signed.number, signed.counter
    invoice.issued_at = signed.issued_at
    invoice.dated_on = timezone.localdate(signed.issued_at)
    invoice.check_code, invoice.cipher_text = signed.check_code, signed.cipher_text
    invoice.signed_message = signed.to_json()
    # The hall is where invoices are uploaded to: with the record here the upload is done.
    invoice.is_uploaded, invoice.uploaded_at = True, clock.now()
    outcome.note(invoice, also=_SIGNED_FIELDS)
    outcome.audit(
        invoice,
        "invoicing.invoice_issued",
        data={"code": signed.code, "number": signed.number, "total": str(invoice.total), "digest": signed.digest},
    )
    settle_blue(invoice)


def _lock_with_blue(invoice: Invoice) -> Invoice:
    if invoice.blue_id is not None:
        lock_blue(invoice.blue_id)
    return outcome.lock_invoice(invoice.pk)


_SIGNED_FIELDS = (
    "state",
    "code",
    "number",
    "counter",
    "issued_at",
    "dated_on",
    "check_code",
    "cipher_text",
    "signed_message",
    "is_uploaded",
    "uploaded_at",
)


@transaction.atomic
def record_voided(*, invoice: Invoice, command: DeviceCommand, signed: SignedVoid) -> None:
    """Record that the disk voided the invoice; a repeated answer changes nothing."""
    device_services.record_signed(device=invoice.disk, signed=signed, command=command)
    invoice = _lock_with_blue(invoice)
    if invoice.state == InvoiceState.VOIDED:
        return
    invoice.state = InvoiceState.VOIDED
    invoice.voided_at = signed.voided_at
    invoice.void_message = signed.to_json()
    outcome.note(invoice, also=("state", "voided_at", "void_message"))
    outcome.audit(
        invoice,
        "invoicing.invoice_voided",
        actor=invoice.voided_by,
        data={"number": invoice.number, "reason": invoice.void_reason, "digest": signed.digest},
    )
    settle_blue(invoice)
