"""The stock of blank invoices (发票领用存): segments that come in and go back, and numbers that never come twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from devices.protocol.constants import LAST_NUMBER, MAX_SEGMENTS
from devices.protocol.messages import StockSegment
from devices.protocol.status_words import SW
from devices.virtual.card import Card, RefusedError, require
from devices.virtual.values import KindState, Segment


def with_segments(card: Card, bought: Iterable[StockSegment]) -> list[KindState]:
    """Return the kinds with these segments behind their stock. Raises: RefusedError."""
    kinds: dict[str, KindState] = {}
    for item in bought:
        _check_range(item)
        kind = _kind(card, kinds, item)
        require(not _is_known(card, kind, item), SW.ORDER_OVERLAP)
        new = Segment(
            code=item.code, first_number=item.next_number, next_number=item.next_number, end_number=item.end_number
        )
        kinds[item.kind] = replace(kind, segments=(*_making_room(kind.segments), new))
    return list(kinds.values())


def without_segments(card: Card, returned: Iterable[StockSegment]) -> list[KindState]:
    """Return the kinds without these numbers, the blank end of a segment each. Raises: RefusedError."""
    kinds: dict[str, KindState] = {}
    for item in returned:
        _check_range(item)
        kind = _kind(card, kinds, item)
        held = next((segment for segment in kind.segments if _is_blank_end(segment, item)), None)
        if held is None:
            raise RefusedError(SW.ORDER_NOT_HELD)
        shorter = replace(held, end_number=item.next_number - 1)
        segments = tuple(shorter if segment is held else segment for segment in kind.segments)
        kinds[item.kind] = replace(kind, segments=segments)
    return list(kinds.values())


def _check_range(item: StockSegment) -> None:
    require(1 <= item.next_number <= item.end_number <= LAST_NUMBER, SW.ORDER_RANGE)


def _kind(card: Card, changed: dict[str, KindState], item: StockSegment) -> KindState:
    kind = changed.get(item.kind) or card.state.find(KindState, item.kind)
    if kind is None:
        raise RefusedError(SW.ORDER_KIND)
    return kind


def _is_known(card: Card, kind: KindState, item: StockSegment) -> bool:
    """Say whether a number of the segment is or was on the disk, as far back as it remembers."""
    numbers = range(item.next_number, item.end_number + 1)
    is_held = any(
        segment.code == item.code and segment.start <= item.end_number and item.next_number <= segment.end_number
        for segment in kind.segments
    )
    issued = card.state.index.by_invoice
    return is_held or any(
        (known_kind, code) == (item.kind, item.code) and int(number) in numbers for known_kind, code, number in issued
    )


def _is_blank_end(segment: Segment, item: StockSegment) -> bool:
    return (segment.code, segment.end_number) == (item.code, item.end_number) and (
        segment.next_number <= item.next_number
    )


def _making_room(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Return the segments with room for one more; the oldest used ones are forgotten. Raises: RefusedError."""
    surplus = len(segments) + 1 - MAX_SEGMENTS
    used = [item for item in segments if item.is_empty][: max(0, surplus)]
    require(len(used) >= surplus, SW.ORDER_STOCK_FULL)
    return tuple(item for item in segments if item not in used)
