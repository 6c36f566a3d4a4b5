"""What a disk checks of the authority's token before it clears; each difference has its own status word."""

from __future__ import annotations

from datetime import datetime, timedelta

from devices.protocol.constants import GROUP_OF_KIND
from devices.protocol.messages import ClearToken
from devices.protocol.status_words import SW
from devices.virtual.authority import check_bound, check_times
from devices.virtual.card import Card, RefusedError, require
from devices.virtual.values import GroupState, KindState, PendingClear


def check_token(card: Card, token: ClearToken, now: datetime) -> GroupState:
    """Check everything an authentic token is bound to; return the window it moves. Raises: RefusedError."""
    check_bound(card, token.serial, token.taxpayer_number)
    group = card.group(token.group)
    check_request(card, token, group, _pending(card, token))
    check_times(token, now)
    check_window(card, token, group)
    return group


def _pending(card: Card, token: ClearToken) -> PendingClear:
    pending = card.group(token.group).pending
    if pending is not None:
        return pending
    # A token for another group than the one that asked is told apart from no request at all.
    is_waiting = any(item.pending is not None for item in card.state.every(GroupState))
    raise RefusedError(SW.TOKEN_GROUP if is_waiting else SW.NO_REQUEST)


def check_request(card: Card, token: ClearToken, group: GroupState, pending: PendingClear) -> None:
    """Check that the token answers the newest request of this disk. Raises: RefusedError."""
    asked = (group.period_start, group.period_end)
    require((token.period_start, token.period_end) == asked, SW.TOKEN_PERIOD)
    require(token.request_number == pending.request_number, SW.TOKEN_REQUEST_NUMBER)
    require(token.nonce == pending.nonce, SW.TOKEN_NONCE)
    require(token.expected_clear_counter == card.state.counters.clear, SW.TOKEN_COUNTER)
    require(token.report_digest == group.report_digest, SW.TOKEN_REPORT)


def check_window(card: Card, token: ClearToken, group: GroupState) -> None:
    """Check that the new window follows the old one and limits are for kinds of the group. Raises: RefusedError."""
    follows = token.new_period_start == group.period_end + timedelta(days=1)
    require(follows and token.new_period_end > token.new_period_start, SW.TOKEN_NEW_PERIOD)
    # 锁死日期 only ever moves forward, and lies after the period it waits for.
    require(token.new_cut_off > group.cut_off and token.new_cut_off > token.new_period_end, SW.TOKEN_CUT_OFF)
    for item in token.limits:
        is_ours = GROUP_OF_KIND[item.kind] == group.group and card.state.find(KindState, item.kind) is not None
        require(is_ours and item.limit > 0, SW.TOKEN_LIMITS)
    require(len({item.kind for item in token.limits}) == len(token.limits), SW.TOKEN_LIMITS)
