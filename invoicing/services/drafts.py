"""Drafts: saved as entered, computed, and free of the disk."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from devices.choices import DIGITAL_KINDS
from devices.models import Device
from invoicing import policies, rules, selectors
from invoicing.choices import LineKind
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.errors import InvoiceNotDraftError
from invoicing.models import Invoice, InvoiceLine
from invoicing.rules.amounts import entered_amount
from invoicing.rules.lines import line_field
from invoicing.services.vehicles import save_vehicle, tidy_vehicle, vehicle_of, without_marks
from taxhall.common import clock
from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError
from taxhall.common.policies import require
from taxhall.common.rates import RATE_CODES, TaxRate

LARGEST_AMOUNT = Decimal(10) ** 12
_BUYER_FIELDS = ("buyer_number", "buyer_name", "buyer_address", "buyer_bank", "remark", "payee", "reviewer")


def save_draft(*, actor: User, taxpayer: Taxpayer, device: Device | None, draft: InvoiceDraft) -> Invoice:
    """Save what was entered; the same draft key always means the same invoice, however often it is sent.

    The disk is that of the draft's kind; a digital invoice has none, whatever was chosen.
    Raises: NotPermittedError; NotFoundError for no disk or another company's; InvoiceNotDraftError when the invoice
    was sent to the disk meanwhile.
    """
    require(policies.can_issue_invoice(actor, taxpayer), _("您的身份不能为这家企业开具发票。"))
    device = _disk_of(draft.kind, device)
    if draft.kind not in DIGITAL_KINDS and (device is None or device.taxpayer_id != taxpayer.pk):
        raise NotFoundError(_("没有找到这块税控设备。"))
    try:
        return _save(actor=actor, taxpayer=taxpayer, device=device, draft=draft)
    except IntegrityError:
        # Two tabs sent the same new form at the same moment; the other one made the row.
        if not Invoice.objects.filter(draft_key=draft.draft_key).exists():
            raise
        return _save(actor=actor, taxpayer=taxpayer, device=device, draft=draft)


@transaction.atomic
def discard_draft(*, actor: User, invoice: Invoice) -> None:
    """Remove a draft that will not be issued. Raises: NotPermittedError; InvoiceNotDraftError."""
    locked = Invoice.objects.select_for_update(of=("self",)).select_related("taxpayer").get(pk=invoice.pk)
    require(policies.can_issue_invoice(actor, locked.taxpayer), _("您的身份不能删除这家企业的草稿。"))
    if not locked.is_draft:
        raise InvoiceNotDraftError
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.draft_discarded",
        obj=locked,
        taxpayer=locked.taxpayer,
        data={"buyer": locked.buyer_name, "total": str(locked.total)},
    )
    locked.delete()


def draft_of(invoice: Invoice, lines: Iterable[InvoiceLine] | None = None) -> InvoiceDraft:
    """Return the stored draft as it was entered, discounts folded back into their lines.

    Its face is the stored one: an amount that is not quantity times price is part of what was entered.
    """
    entered: list[LineDraft] = []
    for line in invoice.lines.all() if lines is None else lines:
        gross = line.amount + line.tax if invoice.is_tax_inclusive else line.amount
        if line.line_kind == LineKind.DISCOUNT:
            entered[-1] = replace(entered[-1], discount=-gross)
        else:
            entered.append(_line_draft(line, gross))
    return InvoiceDraft(
        kind=invoice.kind,
        lines=tuple(entered),
        is_tax_inclusive=invoice.is_tax_inclusive,
        deduction=invoice.deduction_amount,
        draft_key=invoice.draft_key,
        vehicle=vehicle_of(invoice),
        **{name: getattr(invoice, name) for name in _BUYER_FIELDS},
    )


def copy_invoice(*, actor: User, invoice: Invoice, key: uuid.UUID) -> Invoice:
    """Write a new draft with the content of a blue invoice, for the seller's data of today; same key, same draft.

    Raises: NotPermittedError; ConflictError for a red invoice, which belongs to its blue one.
    """
    if invoice.is_red:
        raise ConflictError(
            _("红字发票不能复制。"), code="invoice.red_not_copied", next_step=_("请从对应的蓝字发票再次红冲。")
        )
    draft = draft_of(invoice)
    if draft.vehicle is not None:
        # The same model again is another vehicle.
        draft = replace(draft, vehicle=without_marks(draft.vehicle))
    draft = replace(draft, draft_key=key)
    return save_draft(actor=actor, taxpayer=invoice.taxpayer, device=invoice.device, draft=draft)


def unsaved_draft(
    *,
    actor: User,
    taxpayer: Taxpayer,
    device: Device | None,
    draft: InvoiceDraft,
    usual: selectors.UsualEntries,
    pk: int,
) -> tuple[Invoice, list[InvoiceLine]]:
    """Return a new draft and its lines just as save_draft would write them, for those who write many at once.

    Raises: InvalidInputError for what no column can hold.
    """
    draft = _tidy(draft)
    _require_storable(draft)
    lines = rules.face_lines(draft)
    invoice = Invoice(pk=pk, draft_key=draft.draft_key, taxpayer=taxpayer, drawer=actor)
    _fill(invoice, device=device, draft=draft, usual=usual, sums=rules.totals(lines))
    return invoice, _rows(invoice, lines)


@transaction.atomic
def _save(*, actor: User, taxpayer: Taxpayer, device: Device | None, draft: InvoiceDraft) -> Invoice:
    draft = _tidy(draft)
    _require_storable(draft)
    lines = rules.face_lines(draft)
    invoice: Invoice | None = Invoice.objects.select_for_update().filter(draft_key=draft.draft_key).first()
    is_new = invoice is None
    if invoice is None:
        invoice = Invoice(draft_key=draft.draft_key, taxpayer=taxpayer, drawer=actor)
    elif invoice.taxpayer_id != taxpayer.pk:
        raise NotFoundError(_("没有找到这张发票。"))
    elif not invoice.is_draft or invoice.is_red:
        raise InvoiceNotDraftError
    invoice.drawer = actor
    usual = selectors.usual_entries(taxpayer)
    _fill(invoice, device=device, draft=draft, usual=usual, sums=rules.totals(lines))
    invoice.save(force_insert=is_new)
    if is_new:
        account_services.record_audit_event(
            actor=actor, action="invoicing.draft_saved", obj=invoice, taxpayer=taxpayer, data={"kind": invoice.kind}
        )
    else:
        invoice.lines.all().delete()
    InvoiceLine.objects.bulk_create(_rows(invoice, lines))
    if not is_new or draft.vehicle is not None:
        save_vehicle(invoice, draft.vehicle)
    return invoice


def _fill(
    invoice: Invoice, *, device: Device | None, draft: InvoiceDraft, usual: selectors.UsualEntries, sums: rules.Totals
) -> None:
    invoice.device = _disk_of(draft.kind, device)
    invoice.kind = draft.kind
    invoice.dated_on = clock.today()
    invoice.is_tax_inclusive = draft.is_tax_inclusive
    invoice.deduction_amount = draft.deduction
    for name in _BUYER_FIELDS:
        setattr(invoice, name, getattr(draft, name))
    invoice.amount, invoice.tax, invoice.total = sums.amount, sums.tax, sums.total
    copy_seller(invoice, taxpayer=invoice.taxpayer)
    invoice.seller_bank = usual.bank
    invoice.drawer_name = usual.drawer or str(invoice.drawer)[:20]


def _disk_of(kind: str, device: Device | None) -> Device | None:
    return None if kind in DIGITAL_KINDS else device


def copy_seller(invoice: Invoice, *, taxpayer: Taxpayer) -> None:
    """Put the seller's data of today on the invoice."""
    invoice.seller_number = taxpayer.number
    invoice.seller_name = taxpayer.name
    invoice.seller_address = f"{taxpayer.address} {taxpayer.phone}".strip()
    # The account was chosen when the draft was saved.
    invoice.seller_bank = invoice.seller_bank or taxpayer.bank


def _rows(invoice: Invoice, lines: Iterable[rules.FaceLine]) -> list[InvoiceLine]:
    rows = []
    for position, line in enumerate(lines, start=1):
        source = line.source
        described = not line.is_discount
        rows.append(
            InvoiceLine(
                invoice=invoice,
                position=position,
                line_kind=line.line_kind,
                name=source.name,
                tax_code=source.tax_code,
                spec=source.spec if described else "",
                unit=source.unit if described else "",
                quantity=source.quantity if described else None,
                price=source.price if described else None,
                is_tax_inclusive=invoice.is_tax_inclusive,
                amount=line.amount,
                rate=source.rate,
                zero_mark=rules.zero_mark(rate=source.rate, is_export=source.is_export),
                rate_reason=source.rate_reason,
                tax=line.tax,
            )
        )
    return rows


def _require_storable(draft: InvoiceDraft) -> None:
    """Refuse what no column can hold; everything else may wait until the invoice is issued."""
    fields: dict[str, list[str]] = {}
    for position, line in enumerate(draft.lines):
        if line.rate not in RATE_CODES:
            fields[line_field(position, "rate")] = [str(_("请选择税率或征收率。"))]
        if not 0 <= entered_amount(line) < LARGEST_AMOUNT or not 0 <= (line.discount or 0) < LARGEST_AMOUNT:
            fields[line_field(position, "amount")] = [str(_("金额应不小于零、不超过一万亿元。"))]
        if draft.deduction is not None and not 0 <= draft.deduction <= entered_amount(line):
            fields["deduction"] = [str(_("扣除额应在零和含税销售额之间。"))]
    if fields:
        raise InvalidInputError(
            _("草稿没有保存：有内容无法识别。"), next_step=_("请改正标出的内容后再保存。"), fields=fields
        )


def _line_draft(line: InvoiceLine, gross: Decimal) -> LineDraft:
    entered = LineDraft(
        name=line.name,
        tax_code=line.tax_code,
        spec=line.spec,
        unit=line.unit,
        quantity=line.quantity,
        price=line.price,
        rate=line.rate,
        rate_reason=line.rate_reason,
        is_export=line.zero_mark == "0",
    )
    # Left empty where it was computed, so that it follows when quantity or price are edited.
    return entered if entered_amount(entered) == gross else replace(entered, amount=gross)


def _tidy(draft: InvoiceDraft) -> InvoiceDraft:
    """Trim what people paste: blank lines, runs of spaces, full-width spaces, lower-case numbers."""
    fields: dict[str, Any] = {
        name: " ".join(getattr(draft, name).split()) for name in _BUYER_FIELDS if name != "remark"
    }
    fields["buyer_number"] = fields["buyer_number"].upper()
    lines = tuple(_tidy_line(line) for line in draft.lines if not line.is_blank)
    deduction = draft.deduction or None
    remark = rules.difference_remark(draft.remark.strip(), deduction)
    return replace(draft, lines=lines, remark=remark, deduction=deduction, vehicle=tidy_vehicle(draft), **fields)


def _tidy_line(line: LineDraft) -> LineDraft:
    reason = line.rate_reason if line.rate == TaxRate.RATE_3 else ""
    return replace(
        line,
        name=" ".join(line.name.split()),
        spec=" ".join(line.spec.split()),
        unit=" ".join(line.unit.split()),
        tax_code=line.tax_code.strip(),
        rate_reason=reason,
        is_export=line.is_export and line.rate == TaxRate.ZERO,
        discount=line.discount or None,
    )
