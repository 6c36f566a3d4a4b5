"""The PIN (设备口令): eight tries, read without cost, forgotten at reset, changed only by who knows it."""

from __future__ import annotations

import pytest

from devices.gateway.base import CardRefusedError
from devices.protocol.constants import PIN_TRIES
from tests.devices.disks import PIN, Bench, make_order


def wrong(bench: Bench, pin: str = "000000") -> CardRefusedError:
    with pytest.raises(CardRefusedError) as caught:
        bench.session(pin=None).verify_pin(pin)
    return caught.value


def test_a_wrong_pin_says_how_many_tries_are_left(bench: Bench) -> None:
    error = wrong(bench)
    assert (error.code, error.status_word, error.tries_left) == ("disk.pin_wrong", 0x63C7, 7)
    assert bench.session(pin=None).pin_tries() == 7


def test_the_right_pin_gives_all_tries_back(bench: Bench) -> None:
    wrong(bench)
    bench.session()
    assert bench.session(pin=None).pin_tries() == PIN_TRIES


def test_the_eighth_wrong_pin_blocks_and_the_right_one_comes_too_late(bench: Bench) -> None:
    for left in range(7, 0, -1):
        assert wrong(bench).tries_left == left
    for pin in ("000000", "000000", PIN):
        error = wrong(bench, pin)
        assert (error.code, error.tries_left) == ("disk.pin_blocked", 0)


def test_reset_and_power_forget_the_pin(bench: Bench) -> None:
    session = bench.session()
    bench.disk.reset()
    with pytest.raises(CardRefusedError) as caught:
        session.issue(make_order(bench.clock))
    assert caught.value.code == "disk.not_selected"
    with pytest.raises(CardRefusedError) as caught:
        bench.session(pin=None).issue(make_order(bench.clock))
    assert caught.value.code == "disk.pin_required"


def test_a_wrong_pin_closes_a_disk_that_was_open(bench: Bench) -> None:
    session = bench.session()
    with pytest.raises(CardRefusedError):
        session.verify_pin("000000")
    with pytest.raises(CardRefusedError) as caught:
        session.issue(make_order(bench.clock))
    assert caught.value.code == "disk.pin_required"


def test_a_new_pin_takes_the_place_of_the_old_one(bench: Bench) -> None:
    bench.session(pin=None).change_pin(PIN, "13579135")
    assert wrong(bench, PIN).code == "disk.pin_wrong"
    bench.session(pin="13579135")


def test_changing_with_a_wrong_old_pin_costs_a_try(bench: Bench) -> None:
    with pytest.raises(CardRefusedError) as caught:
        bench.session(pin=None).change_pin("000000", "13579135")
    assert caught.value.tries_left == 7
    bench.session(pin=PIN)


@pytest.mark.parametrize("pin", ["", "12345", "1" * 17])
def test_a_pin_of_impossible_length_costs_no_try(bench: Bench, pin: str) -> None:
    assert wrong(bench, pin).code == "disk.wrong_length"
    with pytest.raises(CardRefusedError) as caught:
        bench.session(pin=None).change_pin(PIN, pin)
    assert caught.value.code == "disk.wrong_length"
    assert bench.session(pin=None).pin_tries() == PIN_TRIES


def test_the_pin_is_nowhere_in_the_memory(bench: Bench) -> None:
    assert PIN.encode() not in bench.disk.path.read_bytes()
