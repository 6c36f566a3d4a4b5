"""Atomic: the power goes before, or in the middle of, each write of each command, for every one there is.

Afterwards the disk is in the old state or in the new one, nothing between; it works; doing it again ends
well; and PIN tries and counters never come back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.gateway.base import CardGoneError, CardRefusedError
from devices.gateway.session import DiskSession
from devices.protocol.messages import IssueDataChange, KindChange
from devices.protocol.pins import make_transport_pin
from tests.devices.disks import OCTOBER, PIN, Bench, make_ack, make_order, make_stock
from tests.devices.virtual.refusals import memory_of

SHARES = (0.0, 0.5, 1.0)  # nothing lands, half of it, all but the last byte
COUNTERS = ("sign", "report", "clear", "request", "uploaded_through", "order", "order_number")


@dataclass
class Act:
    """A command to be torn: what comes before it, and the command itself."""

    prepare: Callable[[Bench], Any]
    run: Callable[[DiskSession, Any], Any]


def prepared_void(bench: Bench) -> Any:
    return bench.issue(), uuid.uuid4().hex


def prepared_clear(bench: Bench) -> Any:
    bench.issue()
    bench.report_october()
    return bench.token()


def prepared_request(bench: Bench) -> None:
    bench.issue()
    bench.report_october()


def prepared_report(bench: Bench) -> None:
    bench.issue()
    bench.to_filing_season()


def prepared_upload(bench: Bench) -> Any:
    bench.issue()
    return make_ack(1, bench.issue(), bench.clock)


def prepared_change(bench: Bench) -> Any:
    kinds = (KindChange(kind="007", limit=Decimal("500.00"), rates=("1",)),)
    return bench.signed_order("change_issue_data", change=IssueDataChange(taxpayer_name="新名称", kinds=kinds))


def prepared_return(bench: Bench) -> Any:
    blank = make_stock(code="061002600104", first=2_000_050, last=2_000_100)
    return bench.signed_order("return_stock", segments=(blank,))


def prepared_end(bench: Bench) -> Any:
    bench.issue()
    bench.upload()
    bench.return_all_stock()
    return bench.signed_order("disable")


def acknowledge(session: DiskSession, ack: Any) -> Any:
    session.acknowledge(ack)
    return session.status().uploaded_through


def apply_order(session: DiskSession, order: Any) -> Any:
    return session.apply_order(order)


ACTS = {
    "ISSUE": Act(lambda bench: make_order(bench.clock), lambda session, order: session.issue(order)),
    "VOID": Act(prepared_void, lambda session, it: session.void("007", it[0].code, it[0].number, it[1])),
    "REPORT": Act(prepared_report, lambda session, _: session.report("A", OCTOBER)),
    "BEGIN": Act(prepared_request, lambda session, _: session.begin_clear("A", OCTOBER)),
    "APPLY": Act(prepared_clear, lambda session, token: session.apply_clear(token)),
    "UPLOAD": Act(prepared_upload, acknowledge),
    "CHANGE": Act(prepared_change, apply_order),
    "ADD": Act(lambda bench: bench.signed_order("add_stock", segments=(make_stock(),)), apply_order),
    "RETURN": Act(prepared_return, apply_order),
    "UNBLOCK": Act(lambda bench: bench.signed_order("unblock_pin", pin=make_transport_pin()[1]), apply_order),
    "DISABLE": Act(prepared_end, apply_order),
}


def count_writes(bench: Bench, act: Act, prepared: Any) -> int:
    session, before = bench.session(), len(bench.disk.path.read_bytes().splitlines())
    act.run(session, prepared)
    return len(bench.disk.path.read_bytes().splitlines()) - before


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("share", SHARES)
def test_every_tear_leaves_the_old_state_or_the_new_one(tmp_path: Path, name: str, share: float) -> None:
    act = ACTS[name]
    rehearsal = Bench.build(tmp_path / "rehearsal")
    writes = count_writes(rehearsal, act, act.prepare(rehearsal))
    assert writes >= 1
    for point in range(1, writes + 1):
        bench = Bench.build(tmp_path / f"{point}")
        prepared = act.prepare(bench)
        session, before = bench.session(), memory_of(bench)
        bench.disk.faults.arm({"tear_before_write": point, "tear_share": share})
        with pytest.raises(CardGoneError) as caught:
            act.run(session, prepared)
        assert caught.value.sent
        assert bench.disk.faults.fired == ["tear_before_write"]
        bench.disk.power_on()
        assert memory_of(bench) == before
        assert bench.session(pin=None).log().is_whole
        assert act.run(bench.session(), prepared)
        assert_only_grew(before, memory_of(bench))


@pytest.mark.parametrize("name", ACTS)
def test_an_answer_lost_after_the_act_is_found_by_asking_again(tmp_path: Path, name: str) -> None:
    act = ACTS[name]
    bench = Bench.build(tmp_path)
    prepared = act.prepare(bench)
    session = bench.session()
    before = memory_of(bench)
    bench.disk.faults.vanish_after = True
    with pytest.raises(CardGoneError):
        act.run(session, prepared)
    bench.disk.power_on()
    after = memory_of(bench)
    assert after != before
    first = act.run(again(bench, name), prepared)
    if name != "BEGIN":  # each request to be cleared is a new one
        assert memory_of(bench) == after
        assert act.run(again(bench, name), prepared) == first


def again(bench: Bench, name: str) -> DiskSession:
    """Return a new session; with the PIN, where the act has not just taken it away."""
    return bench.session(pin=None if name == "UNBLOCK" else PIN)


def assert_only_grew(before: dict[str, Any], after: dict[str, Any]) -> None:
    for counter in COUNTERS:
        assert after["counters"][counter] >= before["counters"][counter]
    assert after["clock"]["latest"] >= before["clock"]["latest"]
    assert after["group/A"]["cut_off"] >= before["group/A"]["cut_off"]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("pin", [PIN, "000000"], ids=["right", "wrong"])
def test_a_tear_while_the_pin_is_compared_never_gives_a_try_back(bench: Bench, pin: str, share: float) -> None:
    for point in (1, 2):
        tries = bench.session(pin=None).pin_tries()
        session = bench.session(pin=None)
        bench.disk.faults.arm({"tear_before_write": point, "tear_share": share})
        with pytest.raises(CardGoneError):
            session.verify_pin(pin)
        bench.disk.faults.clear()
        bench.disk.power_on()
        left = bench.session(pin=None).pin_tries()
        # Cut before the try was taken away, nothing was compared; cut later, the try is gone.
        assert left == (tries if point == 1 else tries - 1)


@pytest.mark.parametrize("share", SHARES)
def test_a_tear_while_the_pin_is_changed_leaves_the_old_one_or_the_new_one(bench: Bench, share: float) -> None:
    for point in (1, 2):
        session = bench.session(pin=None)
        bench.disk.faults.arm({"tear_before_write": point, "tear_share": share})
        with pytest.raises(CardGoneError):
            session.change_pin(PIN, "13579135")
        bench.disk.power_on()
        assert bench.session(pin=None).pin_tries() == (8 if point == 1 else 7)
        bench.session(pin=PIN)
    session = bench.session(pin=None)
    bench.disk.faults.vanish_after = True
    with pytest.raises(CardGoneError):
        session.change_pin(PIN, "13579135")
    bench.disk.power_on()
    assert bench.session(pin="13579135").pin_tries() == 8


def test_guessing_with_the_power_cut_each_time_does_not_get_past_eight(bench: Bench) -> None:
    for _ in range(8):
        session = bench.session(pin=None)
        bench.disk.faults.vanish_after = True
        with pytest.raises(CardGoneError):
            session.verify_pin("000000")
        bench.disk.power_on()
    with pytest.raises(CardRefusedError) as caught:
        bench.session(pin=None).verify_pin(PIN)
    assert caught.value.code == "disk.pin_blocked"
