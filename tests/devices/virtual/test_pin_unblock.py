"""Unblocking a PIN: by the authority's order alone, with a transport PIN that does nothing but set a new one."""

from __future__ import annotations

import pytest

from devices.gateway.base import CardRefusedError
from devices.protocol.constants import PIN_TRIES
from devices.protocol.messages import OrderReceipt
from devices.protocol.pins import make_transport_pin
from devices.protocol.status_words import SW
from tests.devices.disks import PIN, Bench, make_order
from tests.devices.virtual.refusals import refused

NEW = "13579135"


def unblocked(bench: Bench) -> tuple[str, OrderReceipt]:
    transport, kept = make_transport_pin()
    return transport, bench.order("unblock_pin", pin=kept)


def test_a_blocked_disk_gets_all_tries_and_a_new_pin(bench: Bench) -> None:
    bench.block_pin()
    transport, receipt = unblocked(bench)
    assert receipt.action == "unblock_pin"
    assert bench.session(pin=None).pin_tries() == PIN_TRIES
    bench.session(pin=None).change_pin(transport, NEW)
    assert bench.session(pin=NEW).issue(make_order(bench.clock)).counter == 1
    with pytest.raises(CardRefusedError) as caught:
        bench.session(pin=PIN)
    assert caught.value.code == "disk.pin_wrong"


def test_changing_the_pin_opens_the_disk(bench: Bench) -> None:
    transport, _ = unblocked(bench)
    session = bench.session(pin=None)
    session.change_pin(transport, NEW)
    assert session.issue(make_order(bench.clock)).counter == 1


def test_a_transport_pin_opens_nothing_and_asking_costs_no_try(bench: Bench) -> None:
    transport, _ = unblocked(bench)
    for pin in (transport, PIN, "000000"):
        with pytest.raises(CardRefusedError) as caught:
            bench.session(pin=None).verify_pin(pin)
        assert (caught.value.code, caught.value.status_word) == ("disk.pin_must_change", SW.PIN_MUST_CHANGE)
    assert bench.session(pin=None).pin_tries() == PIN_TRIES


def test_a_wrong_transport_pin_costs_a_try_until_none_is_left(bench: Bench) -> None:
    transport, _ = unblocked(bench)
    for left in range(7, 0, -1):
        with pytest.raises(CardRefusedError) as caught:
            bench.session(pin=None).change_pin("AAAAAAAA", NEW)
        assert caught.value.tries_left == left
    for old in ("AAAAAAAA", transport):
        with pytest.raises(CardRefusedError) as caught:
            bench.session(pin=None).change_pin(old, NEW)
        assert caught.value.code == "disk.pin_blocked"


def test_the_transport_pin_cannot_become_the_pin(bench: Bench) -> None:
    transport, _ = unblocked(bench)
    with refused(bench, "disk.pin_unchanged", SW.PIN_UNCHANGED):
        bench.session(pin=None).change_pin(transport, transport)


def test_unblocking_closes_a_disk_that_was_open(bench: Bench) -> None:
    _, kept = make_transport_pin()
    order = bench.signed_order("unblock_pin", pin=kept)
    session = bench.session()
    session.apply_order(order)
    with refused(bench, "disk.pin_required"):
        session.issue(make_order(bench.clock))


def test_the_transport_pin_is_nowhere_in_the_order_or_the_memory(bench: Bench) -> None:
    transport, kept = make_transport_pin()
    order = bench.signed_order("unblock_pin", pin=kept)
    bench.apply(order)
    assert transport.encode() not in order.raw
    assert transport.encode() not in bench.disk.path.read_bytes()


def test_the_same_order_again_after_the_pin_was_set_does_not_bring_the_transport_pin_back(bench: Bench) -> None:
    transport, kept = make_transport_pin()
    order = bench.signed_order("unblock_pin", pin=kept)
    receipt = bench.apply(order)
    bench.session(pin=None).change_pin(transport, NEW)
    assert bench.apply(order) == receipt
    assert bench.session(pin=NEW).pin_tries() == PIN_TRIES


def test_two_transport_pins_are_never_the_same() -> None:
    pins = {make_transport_pin()[0] for _ in range(50)}
    assert len(pins) == 50
    assert {len(pin) for pin in pins} == {16}
