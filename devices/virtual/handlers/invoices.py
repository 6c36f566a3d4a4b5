"""Issuing, voiding, reading back and acknowledging invoices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.commands import BY_COUNTER, BY_REQUEST_ID
from devices.protocol.constants import GROUP_OF_KIND, KINDS_NEVER_VOIDED
from devices.protocol.messages import InvoiceOrder, SignedInvoice, SignedVoid, VoidOrder
from devices.protocol.status_words import SW
from devices.virtual import totals
from devices.virtual.card import Card, RefusedError, again, ok, parse, require
from devices.virtual.issue_rules import check_ceilings, check_order, check_window
from devices.virtual.journal import by_counter, by_request, envelope_of, month_of, with_offline
from devices.virtual.values import GroupState, KindState, RecordState, Segment


def issue(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Sign one invoice. The same request id answers the same record, even when nothing more may be issued."""
    card.require_pin()
    order = parse(InvoiceOrder, apdu.data)
    if (done := by_request(card.state, order.request_id)) is not None:
        digest = order.digest_under(card.state.issue_data.algorithm)
        require(not done.is_void and done.order_digest == digest, SW.REQUEST_REUSED)
        return again(envelope_of(done))
    with card.noting(""):
        now = card.accepted_now()
        kind, group = _check(card, order, now)
    return _sign(card, order, kind, group, now)


def _check(card: Card, order: InvoiceOrder, now: datetime) -> tuple[KindState, GroupState]:
    require(not card.state.issue_data.is_disabled, SW.DISABLED)
    kind = card.state.find(KindState, order.kind)
    if kind is None:
        raise RefusedError(SW.KIND_NOT_AUTHORISED)
    group = card.group(GROUP_OF_KIND[order.kind])
    check_order(order, kind, now)
    check_window(card.state.issue_data, group, now)
    check_ceilings(group, order, now)
    require(not kind.current_segment.is_empty, SW.STOCK_EMPTY)
    return kind, group


def _sign(card: Card, order: InvoiceOrder, kind: KindState, group: GroupState, now: datetime) -> AnswerApdu:
    state, segment = card.state, kind.current_segment
    counter = state.counters.sign + 1
    month = totals.with_invoice(month_of(card.state, order.kind, now), order, counter)
    invoice = _drawn(card, order, segment, now, totals.digest_of(month.rows, state.issue_data.algorithm))
    record = _recorded(order, invoice)
    taken = replace(segment, next_number=segment.next_number + 1)
    segments = tuple(taken if item is segment else item for item in kind.segments)
    state.commit(
        record,
        month,
        replace(kind, segments=segments),
        with_offline(group, record),
        replace(state.counters, sign=counter, last_record_digest=invoice.digest),
        card.accept(now),
        card.entry(now, "invoice_issued", f"{invoice.code} {invoice.number}"),
    )
    return ok(invoice.to_envelope())


def _drawn(card: Card, order: InvoiceOrder, segment: Segment, now: datetime, totals_digest: str) -> SignedInvoice:
    """Return the invoice as it is signed, under the next number of the segment."""
    state = card.state
    return SignedInvoice(
        serial=state.issue_data.serial,
        taxpayer_number=state.issue_data.taxpayer_number,
        request_id=order.request_id,
        kind=order.kind,
        code=segment.code,
        number=f"{segment.next_number:08d}",
        issued_at=now,
        counter=state.counters.sign + 1,
        amount=order.amount,
        tax=order.tax,
        is_red=order.is_red,
        order_digest=order.digest_under(state.issue_data.algorithm),
        totals_digest=totals_digest,
        previous_digest=state.counters.last_record_digest,
    ).seal(state.signing_key)


def _recorded(order: InvoiceOrder, invoice: SignedInvoice) -> RecordState:
    """Return what the journal keeps of a signed invoice."""
    return RecordState(
        counter=invoice.counter,
        request_id=order.request_id,
        order_digest=invoice.order_digest,
        is_void=False,
        kind=order.kind,
        code=invoice.code,
        number=invoice.number,
        at=invoice.issued_at,
        amount=order.amount,
        tax=order.tax,
        totals=order.to_bytes(),
        raw=invoice.raw,
        signature=invoice.signature,
    )


def void(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Void an invoice of this month whose period is not reported (国税发〔2006〕156号 art. 13)."""
    card.require_pin()
    order = parse(VoidOrder, apdu.data)
    if (done := by_request(card.state, order.request_id)) is not None:
        named = (done.kind, done.code, done.number)
        require(done.is_void and named == (order.kind, order.code, order.number), SW.REQUEST_REUSED)
        return again(envelope_of(done))
    require(not card.state.issue_data.is_disabled, SW.DISABLED)
    with card.noting(""):
        now = card.accepted_now()
    counter = card.state.index.by_invoice.get((order.kind, order.code, order.number))
    if counter is None:
        raise RefusedError(SW.INVOICE_UNKNOWN)
    invoice = card.state.get(RecordState, str(counter))
    _check_void(card, invoice, now)
    return _sign_void(card, order, invoice, now)


def _check_void(card: Card, invoice: RecordState, now: datetime) -> None:
    group = card.group(invoice.group)
    require(invoice.kind not in KINDS_NEVER_VOIDED, SW.KIND_NOT_VOIDABLE)
    require(not invoice.voided_by, SW.ALREADY_VOIDED)
    # Reported, and cleared as well: a cleared period lies before the window.
    is_closed = invoice.at.date() <= group.period_end and group.is_reported
    require(not is_closed and invoice.at.date() >= group.period_start, SW.ALREADY_REPORTED)
    require(invoice.month == now.date().replace(day=1), SW.NOT_SAME_PERIOD)


def _sign_void(card: Card, order: VoidOrder, invoice: RecordState, now: datetime) -> AnswerApdu:
    state = card.state
    counter = state.counters.sign + 1
    month = totals.with_void(month_of(card.state, invoice.kind, invoice.at), invoice, counter)
    voided = SignedVoid(
        serial=state.issue_data.serial,
        taxpayer_number=state.issue_data.taxpayer_number,
        request_id=order.request_id,
        kind=order.kind,
        code=order.code,
        number=order.number,
        voided_at=now,
        counter=counter,
        invoice_counter=invoice.counter,
        amount=invoice.amount,
        tax=invoice.tax,
        totals_digest=totals.digest_of(month.rows, state.issue_data.algorithm),
        previous_digest=state.counters.last_record_digest,
    ).seal(state.signing_key)
    record = replace(
        invoice,
        counter=counter,
        request_id=order.request_id,
        is_void=True,
        at=now,
        totals=b"",
        raw=voided.raw,
        signature=voided.signature,
    )
    state.commit(
        record,
        replace(invoice, voided_by=counter),
        month,
        replace(state.counters, sign=counter, last_record_digest=voided.digest),
        card.accept(now),
        card.entry(now, "invoice_voided", f"{order.code} {order.number}"),
    )
    return ok(voided.to_envelope())


def get_last_signed(card: Card, _: CommandApdu) -> AnswerApdu:
    """Return the newest record."""
    return ok(envelope_of(by_counter(card.state, card.state.counters.sign)))


def get_signed(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Return a record by counter (8 bytes) or by request id (16 bytes)."""
    if apdu.p1 == BY_COUNTER:
        require(len(apdu.data) == 8, SW.WRONG_LENGTH)
        return ok(envelope_of(by_counter(card.state, int.from_bytes(apdu.data, "big"))))
    require(apdu.p1 == BY_REQUEST_ID, SW.WRONG_PARAMETERS)
    require(len(apdu.data) == 16, SW.WRONG_LENGTH)
    record = by_request(card.state, apdu.data.hex())
    if record is None:
        raise RefusedError(SW.NOT_FOUND)
    return ok(envelope_of(record))
