"""The disk's own log: what changed and what was refused, chained so that nothing can be left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from devices.gateway.base import BadAnswerError, CardRefusedError
from devices.gateway.session import DiskSession
from devices.protocol.messages import DiskLog, LogEntry
from devices.protocol.profiles import PrivateKey
from devices.virtual.values import LogState
from tests.devices.disks import CLEAR_KEY, PIN, Bench, draft_token, make_ack, make_order, make_stock


def events(bench: Bench, first: int = 0) -> list[str]:
    return [entry.event for page in pages(bench.session(pin=None), first) for entry in page.entries]


def pages(session: DiskSession, first: int = 0) -> Iterator[DiskLog]:
    for _ in range(10):
        page = session.log(first=first)
        yield page
        if not page.entries or page.entries[-1].number == page.head_number:
            return
        first = page.entries[-1].number + 1


def test_every_change_of_state_is_logged_in_order(bench: Bench) -> None:
    invoice = bench.issue()
    bench.session().void("007", invoice.code, invoice.number, "1" * 32)
    bench.upload()
    bench.order("add_stock", segments=(make_stock(),))
    bench.session(pin=None).change_pin(PIN, "13579135")
    bench.session(pin=None).change_pin("13579135", PIN)
    bench.report_october()
    bench.begin()
    bench.session(pin=None).abort_clear()
    bench.session(pin=None).apply_clear(bench.token())
    assert events(bench) == [
        "invoice_issued",
        "invoice_voided",
        "uploaded",
        "order_applied",
        "pin_changed",
        "pin_changed",
        "period_reported",
        "clear_begun",
        "clear_aborted",
        "clear_begun",
        "clear_applied",
    ]


def test_reading_and_selecting_are_not_logged(bench: Bench) -> None:
    session = bench.session()
    session.status(), session.log(), session.last_signed(), session.last_order()
    assert events(bench) == []


def test_wrong_pins_are_logged_with_the_tries_left(bench: Bench) -> None:
    bench.block_pin()
    found = bench.session(pin=None).log().entries
    assert [entry.event for entry in found] == ["pin_wrong"] * 7 + ["pin_blocked"]
    assert [entry.detail for entry in found[:2]] == ["7 left", "6 left"]


def test_a_refused_clear_order_or_upload_is_logged_with_its_word(bench: Bench) -> None:
    invoice = bench.issue()
    bench.report_october()
    token, order = bench.token(request_number=9), bench.signed_order("disable")
    ack = make_ack(1, invoice, bench.clock, last_counter=9)
    session = bench.session(pin=None)
    for act in (
        lambda: session.apply_clear(token),
        lambda: session.apply_order(order),
        lambda: session.acknowledge(ack),
    ):
        with pytest.raises(CardRefusedError):
            act()
    found = session.log().entries[-3:]
    assert [entry.event for entry in found] == ["clear_refused", "order_refused", "upload_refused"]
    assert [entry.detail.split()[0] for entry in found] == ["9C4A", "9C6A", "9C58"]
    assert token.command_id in found[0].detail
    assert order.order_id in found[1].detail


def test_a_clock_that_went_back_is_logged(bench: Bench) -> None:
    bench.issue()
    bench.clock.advance(seconds=-1)
    session = bench.session()
    with pytest.raises(CardRefusedError):
        session.issue(make_order(bench.clock))
    assert session.log().entries[-1].event == "clock_refused"


def test_a_clock_that_was_set_is_told_with_the_clear(bench: Bench) -> None:
    bench.report_october()
    token = draft_token(bench.begin(), bench.clock, clock=bench.clock() + timedelta(minutes=8)).seal(CLEAR_KEY)
    bench.session(pin=None).apply_clear(token)
    assert bench.session(pin=None).log().entries[-1].detail.endswith("clock +480 s")


def test_what_the_authority_never_signed_leaves_no_line(bench: Bench) -> None:
    order = bench.draft_order("disable").seal(PrivateKey.generate(CLEAR_KEY.algorithm))
    session = bench.session(pin=None)
    for _ in range(3):
        with pytest.raises(CardRefusedError):
            session.apply_order(order)
    assert events(bench) == []


def test_the_same_refusal_again_and_again_cannot_wash_the_log_out(bench: Bench) -> None:
    bench.issue()
    order = bench.signed_order("disable")
    session = bench.session(pin=None)
    for _ in range(250):
        with pytest.raises(CardRefusedError):
            session.apply_order(order)
    assert events(bench) == ["invoice_issued", "order_refused"]


def test_a_range_is_given_and_no_more(bench: Bench) -> None:
    for _ in range(5):
        bench.issue()
    log = bench.session(pin=None).log(first=2, last=4)
    assert [entry.number for entry in log.entries] == [2, 3, 4]
    assert log.head_number == 5
    assert bench.session(pin=None).log(first=6).entries == ()
    with pytest.raises(CardRefusedError) as caught:
        bench.session(pin=None).log(first=4, last=3)
    assert caught.value.code == "disk.wrong_data"


def test_stretches_join_into_the_whole_log(bench: Bench) -> None:
    session = bench.session()
    for _ in range(70):
        session.issue(make_order(bench.clock))
    first, second = pages(bench.session(pin=None))
    assert (len(first.entries), len(second.entries)) == (50, 20)
    assert first.before_digest == "0" * 64
    assert second.before_digest == first.end_digest
    assert second.end_digest == second.head_digest == first.head_digest


def test_the_last_two_hundred_lines_are_kept_and_the_chain_goes_on(bench: Bench) -> None:
    session = bench.session()
    for _ in range(90):
        session.issue(make_order(bench.clock))
    for _ in range(120):
        with pytest.raises(CardRefusedError):
            session.verify_pin("000000")
        session.verify_pin(PIN)
    bench.disk.power_off()
    kept = list(pages(bench.session(pin=None)))
    assert [entry.number for page in kept for entry in page.entries] == list(range(11, 211))
    joined = kept[0].before_digest
    for page in kept:
        assert page.before_digest == joined
        joined = page.end_digest
    assert joined == kept[-1].head_digest
    assert bench.session(pin=None).status().log_number == 210
    assert LogState.SLOTS == 200


@pytest.mark.parametrize("forgery", ["dropped", "changed", "swapped", "cut"])
def test_a_log_that_was_tampered_with_does_not_join(bench: Bench, forgery: str) -> None:
    for _ in range(4):
        bench.issue()
    log = bench.session(pin=None).log()
    entries = list(log.entries)
    match forgery:
        case "dropped":
            del entries[1]
        case "changed":
            entries[1] = replace(entries[1], detail="061002600104 02000009")
        case "swapped":
            entries[1], entries[2] = entries[2], entries[1]
        case "cut":
            entries[3] = LogEntry(number=4, at=entries[3].at, event="invoice_issued", detail="")
    assert log.is_whole
    assert not replace(log, entries=tuple(entries)).is_whole


def test_an_older_log_is_not_believed(bench: Bench) -> None:
    class Replaying:
        """A carrier that gives the first log it saw to every question."""

        def __init__(self) -> None:
            self.kept = b""

        def transmit(self, apdu: bytes) -> bytes:
            answer = bench.disk.process(apdu)
            if apdu[1] == 0x1A:
                self.kept = self.kept or answer
                return self.kept
            return answer

    bench.disk.reset()
    session = DiskSession(Replaying())
    session.select()
    session.identity(session.certificate().public_key)
    session.log()
    with pytest.raises(BadAnswerError, match="question"):
        session.log()
