"""The clear (清卡) in two phases: the disk asks with a fresh nonce, the authority's token answers it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from devices.protocol import profiles
from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.constants import GROUP_OF_KIND, NONCE_LENGTH
from devices.protocol.messages import ClearReceipt, ClearRequest, ClearToken, PeriodChoice
from devices.protocol.status_words import SW
from devices.virtual.authority import CLOCK_TOLERANCE, check_authority, read_signed
from devices.virtual.card import Card, RefusedError, again, ok, parse_choice, parse_group, require
from devices.virtual.clear_rules import check_token
from devices.virtual.journal import envelope_of
from devices.virtual.values import (
    ClockState,
    GroupState,
    KindState,
    MonthState,
    PendingClear,
    ReceiptState,
    RecordState,
    ReportState,
    StateValue,
)


def begin_clear(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Ask to be cleared: state before, fresh nonce, next request number. An older request dies."""
    choice, group = parse_choice(card, apdu.data)
    with card.noting(""):
        now = card.accepted_now()
    _check_choice(choice, group, now)
    counters = card.state.counters
    pending = PendingClear(nonce=os.urandom(NONCE_LENGTH), request_number=counters.request + 1)
    request = ClearRequest(
        serial=card.state.issue_data.serial,
        taxpayer_number=card.state.issue_data.taxpayer_number,
        group=group.group,
        period_start=group.period_start,
        period_end=group.period_end,
        sign_counter=counters.sign,
        report_counter=counters.report,
        clear_counter=counters.clear,
        report_digest=group.report_digest or "",
        cut_off=group.cut_off,
        clock=now,
        nonce=pending.nonce,
        request_number=pending.request_number,
    ).seal(card.state.signing_key)
    card.state.commit(
        replace(group, pending=pending),
        replace(counters, request=pending.request_number),
        card.accept(now),
        card.entry(now, "clear_begun", f"{group.group} {group.period_start} request {pending.request_number}"),
    )
    return ok(request.to_envelope())


def _check_choice(choice: PeriodChoice, group: GroupState, now: datetime) -> None:
    require(choice.period_start >= group.period_start, SW.ALREADY_CLEARED)
    is_current = (choice.period_start, choice.period_end) == (group.period_start, group.period_end)
    require(is_current, SW.NOTHING_TO_CLEAR)
    require(group.is_reported or now.date() > group.period_end, SW.NOTHING_TO_CLEAR)
    require(group.is_reported, SW.NOT_REPORTED)


def apply_clear(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Clear, all or nothing. The same token again gets the same receipt, however late it comes."""
    token: ClearToken = read_signed(ClearToken, apdu.data)
    if (receipt := _receipt_of(card, token)) is not None:
        check_authority(card, token, is_repeat=True)
        return again(envelope_of(receipt))
    check_authority(card, token)
    with card.noting("clear_refused", token.command_id):
        now = card.accepted_now()
        group = check_token(card, token, now)
    receipt_message = _receipt(card, token, group, now)
    receipt = ReceiptState(
        group=group.group,
        token_digest=token.digest,
        raw=receipt_message.raw,
        signature=receipt_message.signature,
    )
    counters, clock = card.state.counters, _new_clock(card, token, now)
    moved = clock.offset_seconds - card.state.get(ClockState).offset_seconds
    detail = f"{group.group} {group.period_start} {token.command_id}" + (f" clock {moved:+d} s" if moved else "")
    card.state.commit(
        receipt,
        _new_window(group, token),
        replace(counters, clear=counters.clear + 1, last_receipt_digest=receipt_message.digest),
        clock,
        *_new_limits(card, token),
        card.entry(now, "clear_applied", detail),
        drop=tuple(_done_with(card, group)),
    )
    return ok(envelope_of(receipt))


def abort_clear(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Withdraw the open request, if there is one."""
    group = card.group(parse_group(apdu.data))
    if group.pending is not None:
        card.state.commit(replace(group, pending=None), card.entry(card.now(), "clear_aborted", group.group))
    return ok()


def get_last_clear(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Return the receipt of the last clear of a group, or of any group, any number of times."""
    receipt = card.state.find(ReceiptState, card.group(parse_group(apdu.data)).group) if apdu.data else _newest(card)
    if receipt is None:
        raise RefusedError(SW.NOT_FOUND)
    return ok(envelope_of(receipt))


def _newest(card: Card) -> ReceiptState | None:
    newest = card.state.counters.last_receipt_digest
    digest = profiles.get(card.state.issue_data.algorithm).digest
    return next((item for item in card.state.every(ReceiptState) if digest(item.raw).hex() == newest), None)


def _receipt_of(card: Card, token: ClearToken) -> ReceiptState | None:
    if token.algorithm != card.state.issue_data.algorithm:
        return None
    receipt = card.state.find(ReceiptState, token.group)
    return receipt if receipt is not None and receipt.token_digest == token.digest else None


def _receipt(card: Card, token: ClearToken, group: GroupState, now: datetime) -> ClearReceipt:
    counters = card.state.counters
    return ClearReceipt(
        command_id=token.command_id,
        serial=token.serial,
        taxpayer_number=token.taxpayer_number,
        group=group.group,
        period_start=group.period_start,
        period_end=group.period_end,
        request_number=token.request_number,
        clear_counter_before=counters.clear,
        clear_counter_after=counters.clear + 1,
        token_digest=token.digest,
        report_digest=token.report_digest,
        new_period_start=token.new_period_start,
        new_period_end=token.new_period_end,
        new_cut_off=token.new_cut_off,
        previous_receipt_digest=counters.last_receipt_digest,
        cleared_at=now,
    ).seal(card.state.signing_key)


def _new_window(group: GroupState, token: ClearToken) -> GroupState:
    return replace(
        group,
        period_start=token.new_period_start,
        period_end=token.new_period_end,
        cut_off=token.new_cut_off,
        report_digest=None,
        pending=None,
    )


def _new_clock(card: Card, token: ClearToken, now: datetime) -> ClockState:
    """Set the clock by the authority's when it is off by minutes, but never before a time accepted."""
    clock = card.accept(now)
    drift = token.clock - now
    if abs(drift) < CLOCK_TOLERANCE or now + drift < clock.latest:
        return clock
    return replace(clock, offset_seconds=clock.offset_seconds + round(drift / timedelta(seconds=1)))


def _new_limits(card: Card, token: ClearToken) -> list[StateValue]:
    return [replace(card.state.get(KindState, item.kind), limit=item.limit) for item in token.limits]


def _done_with(card: Card, group: GroupState) -> Iterator[StateValue]:
    """Yield what the clear erases: the report, its totals, and records of periods cleared before.

    Records of the period just cleared stay one period longer, and longer still until they are uploaded,
    so that a late question about them is answered by the disk itself.
    """
    yield card.state.get(ReportState, group.group)
    for month in card.state.every(MonthState):
        if GROUP_OF_KIND[month.kind] == group.group and month.month <= group.period_end:
            yield month
    uploaded_through, newest = card.state.counters.uploaded_through, card.state.counters.sign
    for record in card.state.every(RecordState):
        is_old = record.group == group.group and record.at.date() < group.period_start
        if is_old and record.counter <= uploaded_through and record.counter != newest:
            yield record
