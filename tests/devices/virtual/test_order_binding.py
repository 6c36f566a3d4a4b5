"""Bound: an order for anything else than this disk, now, once, is refused with its own word, and nothing changes."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest

from devices.gateway.base import CardRefusedError
from devices.protocol.apdu import EXTENDED_LE, CommandApdu
from devices.protocol.commands import Ins
from devices.protocol.messages import AuthorityOrder, IssueDataChange, TransportPin
from devices.protocol.profiles import PrivateKey
from devices.protocol.status_words import SW
from tests.devices.disks import CLEAR_KEY, OLD_CLEAR_KEY, START, Bench, make_stock
from tests.devices.virtual.refusals import memory_of, refused

STOCK = {"segments": (make_stock(),)}
# Every field but the order id, which the receipt repeats, with a value that must not be accepted.
WRONG = [
    ("serial", {"serial": "661000000002"}, "disk.wrong_disk", SW.TOKEN_WRONG_DISK),
    ("taxpayer_number", {"taxpayer_number": "91610131000000019Y"}, "disk.other_company", SW.TOKEN_OTHER_COMPANY),
    ("order_number", {"order_number": 1}, "disk.order_stale", SW.ORDER_NUMBER),
    ("order_number", {"order_number": 0}, "disk.order_stale", SW.ORDER_NUMBER),
    ("expected_order_counter", {"expected_order_counter": 0}, "disk.order_stale", SW.ORDER_COUNTER),
    ("expected_order_counter", {"expected_order_counter": 2}, "disk.order_stale", SW.ORDER_COUNTER),
    ("issued_at", {"issued_at": START + timedelta(minutes=6)}, "disk.token_expired", SW.TOKEN_NOT_YET_VALID),
    ("expires_at", {"issued_at": START - timedelta(days=1), "expires_at": START - timedelta(seconds=1)},
     "disk.token_expired", SW.TOKEN_EXPIRED),
    ("expires_at", {"expires_at": START}, "disk.token_invalid", SW.TOKEN_WINDOW),
    ("action", {"action": "disable"}, "disk.order_invalid", SW.ORDER_CONTENT),
    ("segments", {"segments": ()}, "disk.order_invalid", SW.ORDER_CONTENT),
    ("change", {"change": IssueDataChange(taxpayer_name="别的")}, "disk.order_invalid", SW.ORDER_CONTENT),
    ("pin", {"pin": TransportPin(salt=bytes(16), digest=bytes(32))}, "disk.order_invalid", SW.ORDER_CONTENT),
]  # fmt: skip


@pytest.fixture
def ordered(bench: Bench) -> Bench:
    """A disk that has carried out one order, number 1."""
    bench.order("add_stock", segments=(make_stock(code="061002600150"),))
    return bench


@pytest.mark.parametrize(("name", "changes", "code", "word"), WRONG, ids=lambda value: str(value)[:40])
def test_each_wrong_field_is_refused_by_its_own_word(
    ordered: Bench, name: str, changes: dict[str, object], code: str, word: int
) -> None:
    order = ordered.signed_order("add_stock", **(STOCK | changes))
    with refused(ordered, code, word):
        ordered.apply(order)
    assert ordered.order("add_stock", **STOCK).order_counter_after == 2


def test_the_list_of_wrong_fields_is_whole() -> None:
    body = {item.name for item in fields(AuthorityOrder)} - {"raw", "signature", "algorithm", "key_id"}
    assert {name for name, *_ in WRONG} | {"order_id"} == body


def test_an_order_that_is_no_longer_the_last_is_not_done_again(ordered: Bench) -> None:
    first = ordered.signed_order("add_stock", **STOCK)
    ordered.apply(first)
    ordered.order("return_stock", segments=(make_stock(first=50),))
    with refused(ordered, "disk.order_stale", SW.ORDER_COUNTER):
        ordered.apply(first)


def test_another_order_under_the_same_id_is_refused(ordered: Bench) -> None:
    first = ordered.signed_order("add_stock", **STOCK)
    ordered.apply(first)
    again = ordered.signed_order("add_stock", order_id=first.order_id, segments=(make_stock(code="061002600151"),))
    with refused(ordered, "disk.order_reused", SW.ORDER_REUSED):
        ordered.apply(again)


def test_an_order_of_a_withdrawn_key_is_refused(ordered: Bench) -> None:
    order = ordered.draft_order("add_stock", **STOCK).seal(OLD_CLEAR_KEY)
    with refused(ordered, "disk.token_key_revoked", SW.TOKEN_KEY_REVOKED):
        ordered.apply(order)


def test_an_order_of_an_unknown_key_is_refused(ordered: Bench) -> None:
    order = ordered.draft_order("add_stock", **STOCK).seal(PrivateKey.generate(CLEAR_KEY.algorithm))
    with refused(ordered, "disk.token_key_unknown", SW.TOKEN_KEY_UNKNOWN):
        ordered.apply(order)


def test_every_changed_byte_of_the_travelling_order_is_refused(ordered: Bench) -> None:
    envelope = ordered.signed_order("add_stock", **STOCK).to_envelope()
    before = memory_of(ordered)
    session = ordered.session(pin=None)
    assert session.status().order_counter == 1
    for position in range(len(envelope)):
        changed = bytearray(envelope)
        changed[position] ^= 0x01
        command = CommandApdu(0x80, Ins.APPLY_ORDER, 0, 0, bytes(changed), EXTENDED_LE)
        answer = ordered.disk.process(command.to_bytes())
        assert len(answer) == 2
        assert answer[0] in (0x9C, 0x6A)
    assert memory_of(ordered) == before


def test_unblock_pin_takes_an_order_to_unblock_and_no_other(ordered: Bench) -> None:
    order = ordered.signed_order("add_stock", **STOCK)
    ordered.session(pin=None)
    before = memory_of(ordered)
    for p2, word in ((0x81, SW.ORDER_ACTION), (0x00, SW.WRONG_PARAMETERS)):
        command = CommandApdu(0x00, Ins.UNBLOCK_PIN, 0, p2, order.to_envelope(), EXTENDED_LE)
        assert ordered.disk.process(command.to_bytes()) == word.to_bytes(2, "big")
    assert memory_of(ordered) == before


def test_a_clear_token_is_no_order(ordered: Bench) -> None:
    ordered.report_october()
    token = ordered.token()
    ordered.session(pin=None)
    command = CommandApdu(0x80, Ins.APPLY_ORDER, 0, 0, token.to_envelope(), EXTENDED_LE)
    assert ordered.disk.process(command.to_bytes()) == SW.TOKEN_MALFORMED.to_bytes(2, "big")


def test_a_clock_that_went_back_carries_out_nothing(ordered: Bench) -> None:
    ordered.clock.advance(seconds=-1)
    order = ordered.signed_order("add_stock", **STOCK)
    with refused(ordered, "disk.clock_back"):
        ordered.apply(order)


def test_a_repeat_needs_the_signature_too(ordered: Bench) -> None:
    order = ordered.signed_order("add_stock", **STOCK)
    receipt = ordered.apply(order)
    forged = AuthorityOrder.unseal(order.raw, bytes(64))
    with pytest.raises(CardRefusedError) as caught:
        ordered.apply(forged)
    assert caught.value.status_word == SW.TOKEN_SIGNATURE
    assert ordered.apply(order) == receipt
