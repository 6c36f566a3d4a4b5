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
from devices.choices import DIGITAL_KINDS, InvoiceKind
from devices.models import Device
from invoicing import policies, rules, selectors
from invoicing.choices import LineKind
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.errors import InvoiceNotDraftError
from invoicing.models import Invoice, InvoiceLine
from invoicing.rules.amounts import LARGEST_AMOUNT, entered_amount
from invoicing.rules.catalogue import CodeFacts, completed_name
from invoicing.rules.lines import line_field
from invoicing.services.draft_marks import mark_of_rows, require_unchanged
from invoicing.services.vehicles import save_vehicle, tidy_vehicle, vehicle_of, without_marks
from taxhall.common import clock
from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError
from taxhall.common.policies import require
from taxhall.common.prepared import Prepared, Slot, insert, insert_all
from taxhall.common.rates import RATE_CODES, TaxRate

# Columns by name, and what stands in them.
Row = dict[str, Any]
_BUYER_FIELDS = ("buyer_number", "buyer_name", "buyer_address", "buyer_bank", "remark", "payee", "reviewer")
_OF_KEY: Prepared[Invoice] = Prepared(lambda: Invoice.objects.select_for_update().filter(draft_key=Slot("key")))


def save_draft(
    *, actor: User, taxpayer: Taxpayer, device: Device | None, draft: InvoiceDraft, seen: str | None = None
) -> Invoice:
    """Save what was entered; the same draft key always means the same invoice, however often it is sent.

    The disk is that of the draft's kind; a digital invoice has none, whatever was chosen. A page says with `seen` what
    it was made from: the mark of the stored draft, empty for a new one.
    Raises: NotPermittedError; NotFoundError for no disk or another company's; InvoiceNotDraftError when the invoice
    was sent to the disk meanwhile; DraftSavedElsewhereError when something else stands there than was seen.
    """
    require(policies.can_issue_invoice(actor, taxpayer), _("您的身份不能为这家企业开具发票。"))
    device, draft = disk_of(draft.kind, device), _named(draft)
    if draft.kind not in DIGITAL_KINDS and (device is None or device.taxpayer_id != taxpayer.pk):
        raise NotFoundError(_("没有找到这块税控设备。"))
    try:
        return _save(actor=actor, taxpayer=taxpayer, device=device, draft=draft, seen=seen)
    except IntegrityError:
        # Two tabs sent the same new form at the same moment; the other one made the row.
        if not Invoice.objects.filter(draft_key=draft.draft_key).exists():
            raise
        return _save(actor=actor, taxpayer=taxpayer, device=device, draft=draft, seen=seen)


@transaction.atomic
def discard_draft(*, actor: User, invoice: Invoice) -> None:
    """Remove a draft that will not be issued. Raises: NotPermittedError; InvoiceNotDraftError."""
    locked = Invoice.objects.select_for_update(of=("self",)).select_related("taxpayer").get(pk=invoice.pk)
    require(policies.can_issue_invoice(actor, locked.taxpayer), _("您的身份不能删除这家企业的草稿。"))
    if not locked.is_draft:
        raise InvoiceNotDraftError(locked)
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


def draft_pattern(*, actor: User, taxpayer: Taxpayer) -> Invoice:
    """Return an unsaved invoice with what all drafts that a person makes at this moment share."""
    invoice = Invoice(taxpayer=taxpayer)
    _fill_usual(invoice, actor=actor)
    return invoice


def draft_rows(draft: InvoiceDraft) -> tuple[Row, list[Row]]:
    """Return the columns of a draft and of its lines that are its own; every draft is written from them.

    Raises: InvalidInputError for what no column can hold.
    """
    draft = _tidy(draft)
    _require_storable(draft)
    lines = rules.face_lines(draft)
    return _own_row(draft, rules.totals(lines)), [
        _line_row(position, line, draft) for position, line in enumerate(lines, start=1)
    ]


def entered_mark(draft: InvoiceDraft, device: Device | None) -> str:
    """Return the mark that a draft has once it is saved as entered."""
    disk, draft = disk_of(draft.kind, device), _named(draft)
    return mark_of_rows(*draft_rows(draft), vehicle=tidy_vehicle(draft), device=None if disk is None else disk.pk)


@transaction.atomic
def _save(*, actor: User, taxpayer: Taxpayer, device: Device | None, draft: InvoiceDraft, seen: str | None) -> Invoice:
    row, lines = draft_rows(draft)
    vehicle = tidy_vehicle(draft)
    invoice = _OF_KEY.first(key=draft.draft_key)
    is_new = invoice is None
    if invoice is None:
        invoice = Invoice(taxpayer=taxpayer)
    elif invoice.taxpayer_id != taxpayer.pk:
        raise NotFoundError(_("没有找到这张发票。"))
    elif not invoice.is_draft or invoice.is_red:
        raise InvoiceNotDraftError(invoice)
    elif seen is not None:
        wanted = mark_of_rows(row, lines, vehicle=vehicle, device=None if device is None else device.pk)
        require_unchanged(invoice, seen=seen, wanted=wanted)
    _fill_usual(invoice, actor=actor)
    invoice.device = disk_of(draft.kind, device)
    for name, value in row.items():
        setattr(invoice, name, value)
    if is_new:
        insert(invoice)
        account_services.record_audit_event(
            actor=actor, action="invoicing.draft_saved", obj=invoice, taxpayer=taxpayer, data={"kind": invoice.kind}
        )
    else:
        invoice.save()
        invoice.lines.all().delete()
    insert_all([InvoiceLine(invoice=invoice, **line) for line in lines])
    if not is_new or vehicle is not None:
        save_vehicle(invoice, vehicle)
    return invoice


def _fill_usual(invoice: Invoice, *, actor: User) -> None:
    """Put on a draft what does not come from its entries: the day, the seller, who writes it."""
    usual = selectors.usual_entries(invoice.taxpayer)
    invoice.dated_on = clock.today()
    copy_seller(invoice, taxpayer=invoice.taxpayer)
    invoice.seller_bank = usual.bank
    invoice.drawer = actor
    invoice.drawer_name = usual.drawer or str(actor)[:20]


def _own_row(draft: InvoiceDraft, sums: rules.Totals) -> Row:
    row: Row = {name: getattr(draft, name) for name in _BUYER_FIELDS}
    row |= {
        "draft_key": draft.draft_key,
        "kind": draft.kind,
        "is_tax_inclusive": draft.is_tax_inclusive,
        "deduction_amount": draft.deduction,
        "amount": sums.amount,
        "tax": sums.tax,
        "total": sums.total,
    }
    return row


def disk_of(kind: str, device: Device | None) -> Device | None:
    """Return the disk that stands on an invoice of the kind: none on a digital one, whatever was chosen."""
    return None if kind in DIGITAL_KINDS else device


def copy_seller(invoice: Invoice, *, taxpayer: Taxpayer) -> None:
    """Put the seller's data of today on the invoice."""
    invoice.seller_number = taxpayer.number
    invoice.seller_name = taxpayer.name
    invoice.seller_address = f"{taxpayer.address} {taxpayer.phone}".strip()
    # The account was chosen when the draft was saved.
    invoice.seller_bank = invoice.seller_bank or taxpayer.bank


def _line_row(position: int, line: rules.FaceLine, draft: InvoiceDraft) -> Row:
    source = line.source
    described = not line.is_discount
    return {
        "position": position,
        "line_kind": line.line_kind,
        "name": source.name,
        "tax_code": source.tax_code,
        "spec": source.spec if described else "",
        "unit": source.unit if described else "",
        "quantity": source.quantity if described else None,
        "price": source.price if described else None,
        "is_tax_inclusive": draft.is_tax_inclusive,
        "amount": line.amount,
        "rate": source.rate,
        "zero_mark": rules.zero_mark(rate=source.rate, is_export=source.is_export),
        "rate_reason": source.rate_reason,
        "tax": line.tax,
    }


def _named(draft: InvoiceDraft) -> InvoiceDraft:
    """Put the short name of a known code before each name that was typed without one (公告2017年第45号)."""
    bare = {line.tax_code.strip() for line in draft.lines if line.name and not line.name.startswith("*")} - {""}
    # The face of a vehicle's invoice has no place for a short name.
    found = selectors.catalogue_of(bare) if bare and draft.kind != InvoiceKind.VEHICLE else {}
    if not found:
        return draft
    return replace(draft, lines=tuple(_named_line(line, found.get(line.tax_code.strip())) for line in draft.lines))


def _named_line(line: LineDraft, facts: CodeFacts | None) -> LineDraft:
    return line if facts is None else replace(line, name=completed_name(line.name.strip(), facts.short_name))


def _require_storable(draft: InvoiceDraft) -> None:
    """Refuse what no column can hold; everything else may wait until the invoice is issued."""
    fields: dict[str, list[str]] = {}
    for position, line in enumerate(draft.lines):
        entered = entered_amount(line)
        if line.rate not in RATE_CODES:
            fields[line_field(position, "rate")] = [str(_("请选择税率或征收率。"))]
        if not 0 <= entered < LARGEST_AMOUNT or not 0 <= (line.discount or 0) < LARGEST_AMOUNT:
            fields[line_field(position, "amount")] = [str(_("金额应不小于零、不超过一万亿元。"))]
        if draft.deduction is not None and not 0 <= draft.deduction <= entered:
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
    tidy = vars(draft) | {name: " ".join(getattr(draft, name).split()) for name in _BUYER_FIELDS if name != "remark"}
    tidy["buyer_number"] = tidy["buyer_number"].upper()
    tidy["lines"] = tuple(_tidy_line(line) for line in draft.lines if not line.is_blank)
    tidy["deduction"] = draft.deduction or None
    tidy["remark"] = rules.difference_remark(draft.remark.strip(), tidy["deduction"])
    # What comes from a file is mostly tidy already.
    return draft if tidy == vars(draft) else InvoiceDraft(**tidy)


def _tidy_line(line: LineDraft) -> LineDraft:
    tidy = vars(line) | {
        "name": " ".join(line.name.split()),
        "spec": " ".join(line.spec.split()),
        "unit": " ".join(line.unit.split()),
        "tax_code": line.tax_code.strip(),
        "rate_reason": line.rate_reason if line.rate == TaxRate.RATE_3 else "",
        "is_export": line.is_export and line.rate == TaxRate.ZERO,
        "discount": line.discount or None,
    }
    return line if tidy == vars(line) else LineDraft(**tidy)
