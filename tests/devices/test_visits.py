"""A visit to a disk: which steps may leave it in doubt, which need the PIN, and how the PIN is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.gateway.memory import MemoryTransport
from devices.gateway.operations import CHANGING_OPS, OPERATIONS
from devices.gateway.wire import CHANGING_STEPS, CardAnswer, CardRequest, FaultKind
from devices.gateway.work import CHANGE_PIN, PIN_STEPS, PUBLIC_STEPS, PinStore, Visit
from tests.devices.disks import PIN, READER, Bench, make_ack, make_order, make_stock

NEW = "13579135"
CHANGE = ({"op": CHANGE_PIN},)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.build(tmp_path)


@pytest.fixture
def pins() -> PinStore:
    return PinStore()


def visit(bench: Bench, pins: PinStore, *steps: dict[str, object], **more: object) -> CardAnswer:
    request = CardRequest(serial=bench.disk.serial, steps=steps, **more)
    return Visit(MemoryTransport({READER: bench.disk}), READER, pins).carry(request)


def test_the_wire_and_the_operations_agree_on_what_changes_a_disk() -> None:
    assert CHANGING_OPS | {CHANGE_PIN} == CHANGING_STEPS


def test_every_operation_is_public_or_needs_the_pin() -> None:
    assert set(OPERATIONS) >= PIN_STEPS
    assert set(OPERATIONS) == PUBLIC_STEPS | PIN_STEPS


def test_a_request_to_change_the_pin_is_a_changing_one_and_never_shows_either() -> None:
    request = CardRequest(serial="661000000001", steps=CHANGE, pin=PIN, new_pin=NEW)
    assert request.is_changing
    assert PIN not in repr(request)
    assert NEW not in repr(request)
    assert CardRequest.from_json(request.to_json()) == request


@pytest.mark.parametrize("op", ["apply_order", "acknowledge", "begin_clear", "signed", "last_order", "log"])
def test_what_needs_no_pin_is_done_while_a_pin_that_is_held_is_wrong(bench: Bench, pins: PinStore, op: str) -> None:
    bench.issue()
    bench.report_october()
    last = bench.session(pin=None).signed(1)
    order = bench.signed_order("add_stock", segments=(make_stock(),))
    steps = {
        "apply_order": {"order": order.to_json()},
        "acknowledge": {"ack": make_ack(1, last, bench.clock).to_json()},
        "begin_clear": {"period_start": "2026-10-01", "period_end": "2026-10-31"},
        "signed": {"counter": 1},
    }
    pins.remember(bench.disk.serial, "000000")
    answer = visit(bench, pins, {"op": op, **steps.get(op, {})})
    assert answer.fault is None
    assert bench.session(pin=None).pin_tries() == 8


def test_the_pin_is_changed_and_the_new_one_is_held(bench: Bench, pins: PinStore) -> None:
    answer = visit(bench, pins, *CHANGE, pin=PIN, new_pin=NEW)
    assert (answer.fault, answer.is_unlocked) == (None, True)
    issued = visit(bench, pins, {"op": "issue", "order": make_order(bench.clock).to_json()})
    assert issued.fault is None
    assert bench.session(pin=NEW).pin_tries() == 8


def test_a_wrong_old_pin_is_tried_once_and_nothing_is_held(bench: Bench, pins: PinStore) -> None:
    answer = visit(bench, pins, *CHANGE, pin="000000", new_pin=NEW)
    assert answer.fault is not None
    assert (answer.fault.kind, answer.fault.code, answer.fault.tries_left) == (FaultKind.REFUSED, "disk.pin_wrong", 7)
    assert not pins.holds(bench.disk.serial)


@pytest.mark.parametrize("given", [{"pin": PIN}, {"new_pin": NEW}, {}], ids=["old alone", "new alone", "none"])
def test_without_both_pins_nothing_is_asked_of_the_disk(bench: Bench, pins: PinStore, given: dict[str, str]) -> None:
    answer = visit(bench, pins, *CHANGE, **given)
    assert answer.fault is not None
    assert (answer.fault.kind, answer.fault.sent) == (FaultKind.INVALID, False)
    bench.session(pin=PIN)


def test_a_lost_answer_to_a_change_is_in_doubt(bench: Bench, pins: PinStore) -> None:
    bench.disk.faults.arm({"vanish_after": True, "on": "CHANGE_PIN"})
    answer = visit(bench, pins, *CHANGE, pin=PIN, new_pin=NEW)
    assert answer.fault is not None
    assert answer.fault.sent
    assert not pins.holds(bench.disk.serial)
