"""Orders of the authority besides the clear: carried out once and proved, or refused and nothing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.commands import PIN_REFERENCE
from devices.protocol.constants import UNBLOCK_PIN
from devices.protocol.messages import AuthorityOrder, OrderReceipt
from devices.protocol.status_words import SW
from devices.virtual.authority import check_authority, read_signed
from devices.virtual.card import Card, RefusedError, again, ok, require
from devices.virtual.journal import envelope_of
from devices.virtual.order_effects import effects_of
from devices.virtual.order_rules import check_order
from devices.virtual.values import OrderState


def apply_order(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Carry out an order, all or nothing. The last order again gets its receipt again, however late."""
    return _apply(card, read_signed(AuthorityOrder, apdu.data))


def unblock_pin(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Carry out an order to unblock the PIN, and no other: RESET RETRY COUNTER of ISO 7816-4."""
    require(apdu.p2 == PIN_REFERENCE, SW.WRONG_PARAMETERS)
    order: AuthorityOrder = read_signed(AuthorityOrder, apdu.data)
    require(order.action == UNBLOCK_PIN, SW.ORDER_ACTION)
    return _apply(card, order)


def get_last_order(card: Card, _: CommandApdu) -> AnswerApdu:
    """Return the receipt of the last order, any number of times; needs no PIN."""
    last = card.state.find(OrderState)
    if last is None:
        raise RefusedError(SW.NOT_FOUND)
    return ok(envelope_of(last))


def _apply(card: Card, order: AuthorityOrder) -> AnswerApdu:
    last = card.state.find(OrderState)
    if last is not None and order.algorithm == card.state.issue_data.algorithm and last.token_digest == order.digest:
        check_authority(card, order, is_repeat=True)
        return again(envelope_of(last))
    check_authority(card, order)
    with card.noting("order_refused", f"{order.action} {order.order_id}"):
        now = card.accepted_now()
        check_order(card, order, now)
        effects = effects_of(card, order, now)
    receipt = _receipt(card, order, now)
    done = OrderState(order_id=order.order_id, token_digest=order.digest, raw=receipt.raw, signature=receipt.signature)
    counters = replace(
        card.state.counters,
        order=receipt.order_counter_after,
        order_number=order.order_number,
        last_order_digest=receipt.digest,
    )
    entry = card.entry(now, "order_applied", f"{order.action} {order.order_id}")
    card.state.commit(done, *effects, counters, card.accept(now), entry)
    if order.action == UNBLOCK_PIN:
        card.power.is_pin_verified = False
    return ok(envelope_of(done))


def _receipt(card: Card, order: AuthorityOrder, now: datetime) -> OrderReceipt:
    counters = card.state.counters
    return OrderReceipt(
        order_id=order.order_id,
        order_number=order.order_number,
        serial=order.serial,
        taxpayer_number=order.taxpayer_number,
        action=order.action,
        order_counter_before=counters.order,
        order_counter_after=counters.order + 1,
        token_digest=order.digest,
        sign_counter=counters.sign,
        previous_receipt_digest=counters.last_order_digest,
        applied_at=now,
    ).seal(card.state.signing_key)
