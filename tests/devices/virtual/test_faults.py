"""The switches: each does once what it says, on the command it is set for, and only on a virtual disk."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from devices.gateway.base import BadAnswerError, CardGoneError
from devices.virtual import CardVanishedError, NotVirtualError
from tests.devices.disks import Bench, make_order
from tests.devices.virtual.refusals import memory_of


def test_vanishing_before_acts_not_and_after_acts(bench: Bench) -> None:
    session, before = bench.session(), memory_of(bench)
    bench.disk.faults.vanish_before = True
    with pytest.raises(CardGoneError) as caught:
        session.issue(make_order(bench.clock))
    assert caught.value.sent
    assert memory_of(bench) == before
    session = bench.session()
    bench.disk.faults.vanish_after = True
    with pytest.raises(CardGoneError):
        session.issue(make_order(bench.clock))
    assert memory_of(bench)["counters"]["sign"] == 1


@pytest.mark.parametrize("answer", ["torn", "one_byte", "zero", "oversized", "random"])
def test_wrong_answers_are_never_taken_for_right_ones(bench: Bench, answer: str) -> None:
    session = bench.session()
    bench.disk.faults.arm({"answer": answer, "on": "ISSUE_INVOICE"})
    session.pin_tries()
    with pytest.raises(BadAnswerError) as caught:
        session.issue(make_order(bench.clock))
    assert caught.value.sent
    assert bench.disk.faults.fired == [answer]
    assert session.last_signed() is not None


def test_a_fault_waits_for_its_command(bench: Bench) -> None:
    bench.disk.faults.arm({"vanish_before": True, "on": "VOID_INVOICE"})
    session = bench.session()
    invoice = session.issue(make_order(bench.clock))
    with pytest.raises(CardGoneError):
        session.void("007", invoice.code, invoice.number, "0" * 32)


def test_a_tear_waits_for_its_command_too(bench: Bench) -> None:
    bench.disk.faults.arm({"tear_before_write": 1, "on": "ISSUE_INVOICE"})
    session = bench.session()
    assert bench.disk.faults.fired == []
    with pytest.raises(CardGoneError):
        session.issue(make_order(bench.clock))
    assert bench.disk.faults.fired == ["tear_before_write"]


def test_a_disk_that_hangs_answers_nobody_until_it_is_pulled(bench: Bench) -> None:
    session = bench.session()
    bench.disk.faults.arm({"hang": True})
    ended = threading.Event()

    def ask() -> None:
        with pytest.raises(CardGoneError):
            session.pin_tries()
        ended.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert not ended.wait(0.05)
    bench.disk.pull()
    asking.join(5)
    assert ended.is_set()


def test_a_slow_disk_is_only_slow(bench: Bench) -> None:
    bench.disk.faults.arm({"delay": 0.01})
    assert bench.session().issue(make_order(bench.clock)).counter == 1


def test_a_signing_delay_is_spent_in_each_signature_and_nowhere_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(threading.Event, "wait", lambda _, seconds=None: waits.append(seconds))
    bench.disk.faults.arm({"signing_delay": 0.1})
    session = bench.session()  # the proof of identity is one signature
    session.issue(make_order(bench.clock))
    session.last_signed()
    session.pin_tries()
    assert waits == [0.1, 0.1]


def test_clearing_switches_everything_off(bench: Bench) -> None:
    bench.disk.faults.arm({"tear_before_write": 1, "vanish_after": True, "answer": "zero", "delay": 5})
    bench.disk.faults.clear()
    assert bench.issue().counter == 1


@pytest.mark.parametrize("switches", [{"explode": True}, {"answer": "polite"}, {"on": "NOTHING"}, {"fired": []}])
def test_switches_that_do_not_exist_are_refused(bench: Bench, switches: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"fault|one of"):
        bench.disk.faults.arm(switches)


def test_a_disk_that_is_not_marked_virtual_has_no_switches(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, is_virtual=False)
    with pytest.raises(NotVirtualError):
        _ = bench.disk.faults
    with pytest.raises(NotVirtualError):
        bench.disk.set_clock(bench.clock())
    assert not bench.session(pin=None).select().is_virtual


def test_without_power_there_is_no_answer(bench: Bench) -> None:
    bench.disk.power_off()
    with pytest.raises(CardVanishedError):
        bench.disk.process(b"\x80\x10\x00\x00\x00")
