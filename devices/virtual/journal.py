"""Finding signed records, the month they count in, and what of them is not uploaded yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from devices.protocol import tlv
from devices.protocol.message import BODY_TAG, SIGNATURE_TAG
from devices.protocol.status_words import SW
from devices.virtual.card import RefusedError, require
from devices.virtual.state import DiskState
from devices.virtual.values import GroupState, MonthState, OrderState, ReceiptState, RecordState


def envelope_of(kept: RecordState | ReceiptState | OrderState) -> bytes:
    """Return a kept signed message as it travels."""
    return tlv.encode(BODY_TAG, kept.raw) + tlv.encode(SIGNATURE_TAG, kept.signature)


def by_request(state: DiskState, request_id: str) -> RecordState | None:
    """Return the record made for a request id, or None."""
    counter = state.index.by_request.get(request_id)
    return None if counter is None else state.get(RecordState, str(counter))


def by_counter(state: DiskState, counter: int) -> RecordState:
    """Return the record with that counter.

    Raises: RefusedError when there never was one, or when it is no longer kept.
    """
    require(0 < counter <= state.counters.sign, SW.NOT_FOUND)
    record = state.find(RecordState, str(counter))
    if record is None:
        raise RefusedError(SW.RECORD_DROPPED)
    return record


def month_of(state: DiskState, kind: str, day: date) -> MonthState:
    """Return the totals of a kind in the month that holds the day; empty when nothing was signed yet."""
    first = date(day.year, day.month, 1)
    return state.find(MonthState, f"{first:%Y-%m}/{kind}") or MonthState(kind=kind, month=first)


def with_offline(group: GroupState, record: RecordState) -> GroupState:
    """Return the group with one more invoice that is not uploaded."""
    return replace(
        group,
        offline_count=group.offline_count + 1,
        offline_amount=group.offline_amount + abs(record.amount),
        offline_oldest_at=group.offline_oldest_at or record.at,
    )


def offline_after(group: GroupState, records: Iterable[RecordState], uploaded_through: int) -> GroupState:
    """Return the group with its offline use counted anew from the records beyond that counter."""
    empty = replace(group, offline_count=0, offline_amount=Decimal("0.00"), offline_oldest_at=None)
    left = [item for item in records if item.counter > uploaded_through and not item.is_void]
    for record in sorted((item for item in left if item.group == group.group), key=lambda item: item.counter):
        empty = with_offline(empty, record)
    return empty
