"""What each order of the authority changes in the disk's memory, or why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from devices.protocol.constants import (
    ADD_STOCK,
    CHANGE_ISSUE_DATA,
    DISABLE,
    GROUP_OF_KIND,
    PIN_TRIES,
    RETURN_STOCK,
    UNBLOCK_PIN,
)
from devices.protocol.messages import AuthorityOrder, GroupCeilings, IssueDataChange, KindChange
from devices.protocol.status_words import SW
from devices.virtual import stock
from devices.virtual.card import Card, RefusedError, require
from devices.virtual.order_rules import require_up_to_date
from devices.virtual.values import GroupState, IssueData, KindState, Pin, StateValue

Effect = Callable[[Card, AuthorityOrder, datetime], Iterator[StateValue]]


def effects_of(card: Card, order: AuthorityOrder, now: datetime) -> tuple[StateValue, ...]:
    """Return the values that the order stores. Raises: RefusedError."""
    return tuple(_EFFECTS[order.action](card, order, now))


def _change_issue_data(card: Card, order: AuthorityOrder, now: datetime) -> Iterator[StateValue]:
    """变更发行: name, bureau, kinds with their limits and rates, offline ceilings, a group that is new."""
    require_up_to_date(card, now)
    change = order.change or IssueDataChange()
    groups = _changed_groups(card, change)
    for names in ([item.kind for item in change.kinds], [item.group for item in change.ceilings]):
        require(len(set(names)) == len(names), SW.ORDER_LIMITS)
    yield from groups.values()
    for kind in change.kinds:
        require(GROUP_OF_KIND[kind.kind] in groups or _holds(card, GROUP_OF_KIND[kind.kind]), SW.ORDER_WINDOW)
        yield _changed_kind(card, kind)
    yield _changed_names(card.state.issue_data, change)


def _changed_names(data: IssueData, change: IssueDataChange) -> IssueData:
    return replace(
        data,
        taxpayer_name=change.taxpayer_name or data.taxpayer_name,
        bureau_code=change.bureau_code or data.bureau_code,
    )


def _holds(card: Card, group: str) -> bool:
    return card.state.find(GroupState, group) is not None


def _changed_groups(card: Card, change: IssueDataChange) -> dict[str, GroupState]:
    """Return the groups with new ceilings, and those that are new: with a window, ceilings and a kind."""
    ceilings = {item.group: item for item in change.ceilings}
    found: dict[str, GroupState] = {}
    for window in change.windows:
        is_new = not _holds(card, window.group) and window.group not in found
        is_used = any(GROUP_OF_KIND[kind.kind] == window.group for kind in change.kinds)
        require(is_new and is_used and window.group in ceilings, SW.ORDER_WINDOW)
        require(window.period_start <= window.period_end < window.cut_off, SW.ORDER_WINDOW)
        found[window.group] = GroupState(
            group=window.group,
            period_start=window.period_start,
            period_end=window.period_end,
            cut_off=window.cut_off,
            hours_limit=0,
            count_limit=0,
            amount_limit=ceilings[window.group].amount_limit,
        )
    for item in change.ceilings:
        group = found.get(item.group) or card.state.find(GroupState, item.group)
        if group is None:
            raise RefusedError(SW.ORDER_WINDOW)
        found[item.group] = _with_ceilings(group, item)
    return found


def _with_ceilings(group: GroupState, new: GroupCeilings) -> GroupState:
    require(min(new.hours_limit, new.count_limit) > 0 and new.amount_limit > 0, SW.ORDER_LIMITS)
    return replace(group, hours_limit=new.hours_limit, count_limit=new.count_limit, amount_limit=new.amount_limit)


def _changed_kind(card: Card, new: KindChange) -> KindState:
    require(new.limit > 0 and bool(new.rates) and len(set(new.rates)) == len(new.rates), SW.ORDER_LIMITS)
    known = card.state.find(KindState, new.kind)
    return KindState(
        kind=new.kind,
        limit=new.limit,
        rates=new.rates,
        is_red_allowed=new.is_red_allowed,
        segments=() if known is None else known.segments,
    )


def _add_stock(card: Card, order: AuthorityOrder, _: datetime) -> Iterator[StateValue]:
    """发票购入: blank numbers join the stock, behind those that are there."""
    yield from stock.with_segments(card, order.segments)


def _return_stock(card: Card, order: AuthorityOrder, _: datetime) -> Iterator[StateValue]:
    """发票退回: blank numbers leave the stock, from the end of their segment."""
    yield from stock.without_segments(card, order.segments)


def _unblock_pin(_card: Card, order: AuthorityOrder, _: datetime) -> Iterator[StateValue]:
    """口令解锁: all tries come back with a transport PIN, which is good for setting a PIN alone."""
    if order.pin is None:
        raise RefusedError(SW.ORDER_CONTENT)
    yield Pin(salt=order.pin.salt, digest=order.pin.digest, tries=PIN_TRIES, is_transport=True)


def _disable(card: Card, _order: AuthorityOrder, now: datetime) -> Iterator[StateValue]:
    """注销: no invoice any more, for good. Reports, clears and everything readable stay as they were."""
    require_up_to_date(card, now)
    for kind in card.state.every(KindState):
        require(kind.current_segment.is_empty, SW.ORDER_STOCK_LEFT)
    yield replace(card.state.issue_data, is_disabled=True)


_EFFECTS: dict[str, Effect] = {
    CHANGE_ISSUE_DATA: _change_issue_data,
    ADD_STOCK: _add_stock,
    RETURN_STOCK: _return_stock,
    UNBLOCK_PIN: _unblock_pin,
    DISABLE: _disable,
}
