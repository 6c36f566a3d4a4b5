"""What a disk checks of an order of the authority before it looks at what is ordered."""

from __future__ import annotations

from datetime import datetime

from devices.protocol.constants import UNBLOCK_PIN
from devices.protocol.messages import AuthorityOrder
from devices.protocol.status_words import SW
from devices.virtual.authority import check_bound, check_times
from devices.virtual.card import Card, require
from devices.virtual.values import GroupState, OrderState


def check_order(card: Card, order: AuthorityOrder, now: datetime) -> None:
    """Check everything an authentic order is bound to; each difference has its own word. Raises: RefusedError."""
    counters, last = card.state.counters, card.state.find(OrderState)
    check_bound(card, order.serial, order.taxpayer_number)
    check_times(order, now)
    require(order.is_well_made, SW.ORDER_CONTENT)
    require(last is None or order.order_id != last.order_id, SW.ORDER_REUSED)
    require(order.expected_order_counter == counters.order, SW.ORDER_COUNTER)
    require(order.order_number > counters.order_number, SW.ORDER_NUMBER)
    # A cancelled disk can still be opened by its company, to report what is left; nothing else is ordered of it.
    require(not card.state.issue_data.is_disabled or order.action == UNBLOCK_PIN, SW.DISABLED)


def require_up_to_date(card: Card, now: datetime) -> None:
    """Go on only if all records are uploaded and every period that is over is reported.

    So the old issue data are closed before new ones come (变更发行, 注销). Raises: RefusedError.
    """
    counters = card.state.counters
    require(counters.uploaded_through == counters.sign, SW.ORDER_NOT_UPLOADED)
    for group in card.state.every(GroupState):
        require(group.is_reported or now.date() <= group.period_end, SW.ORDER_NOT_REPORTED)
