"""The clear (清卡): asked by the disk, answered by the authority, done once, proved for ever."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from devices.protocol.messages import ClearReceipt, KindLimit
from devices.protocol.status_words import SW
from tests.devices.disks import (
    CLEAR_KEY,
    NOVEMBER,
    OCTOBER,
    Bench,
    Month,
    draft_token,
    make_ack,
    make_kind,
    make_order,
)
from tests.devices.virtual.refusals import memory_of, refused


def clear(bench: Bench, **changes: object) -> ClearReceipt:
    return bench.session(pin=None).apply_clear(bench.token(**changes))


def test_a_clear_moves_the_window_and_leaves_a_signed_receipt(bench: Bench) -> None:
    bench.issue()
    report = bench.report_october()
    token = bench.token()
    receipt = bench.session(pin=None).apply_clear(token)
    assert (receipt.clear_counter_before, receipt.clear_counter_after) == (0, 1)
    assert (receipt.token_digest, receipt.report_digest) == (token.digest, report.digest)
    assert receipt.previous_receipt_digest == "0" * 64
    status = bench.session(pin=None).status()
    group = status.group("A")
    assert (group.period_start, group.period_end, group.cut_off) == (*bounds(NOVEMBER), date(2026, 12, 15))
    assert (group.is_reported, group.report_digest, status.clear_counter) == (False, None, 1)


def bounds(period: Month) -> tuple[date, date]:
    return period.start, period.end


def test_the_same_token_gets_the_same_receipt_however_often_and_late(bench: Bench) -> None:
    bench.report_october()
    token = bench.token()
    first = bench.session(pin=None).apply_clear(token)
    before = memory_of(bench)
    bench.clock.advance(days=400)
    for _ in range(5):
        assert bench.session(pin=None).apply_clear(token) == first
    assert memory_of(bench) == before


def test_the_receipt_is_readable_any_number_of_times(bench: Bench) -> None:
    assert bench.session(pin=None).last_clear() is None
    bench.report_october()
    receipt = clear(bench)
    for _ in range(20):
        assert bench.session(pin=None).last_clear() == receipt


def test_receipts_form_a_chain(bench: Bench) -> None:
    bench.report_october()
    first = clear(bench)
    bench.clock.moment = bench.clock.moment.replace(month=12, day=2)
    session = bench.session()
    session.report("A", NOVEMBER)
    december = {
        "new_period_start": date(2026, 12, 1),
        "new_period_end": date(2026, 12, 31),
        "new_cut_off": date(2027, 1, 15),
    }
    token = draft_token(session.begin_clear("A", NOVEMBER), bench.clock, **december).seal(CLEAR_KEY)
    second = session.apply_clear(token)
    assert second.previous_receipt_digest == first.digest
    assert (second.clear_counter_before, second.clear_counter_after) == (1, 2)
    assert session.last_clear() == second


def test_totals_of_the_cleared_month_are_gone_and_those_of_the_new_month_stay(bench: Bench) -> None:
    bench.issue()
    bench.report_october()
    bench.issue(("1", "77.00", "0.77"))
    clear(bench)
    bench.clock.moment = bench.clock.moment.replace(month=12, day=1)
    rows = bench.session().report("A", NOVEMBER).rows
    assert [(row.count, row.amount) for row in rows] == [(1, Decimal("77.00"))]


def test_before_the_report_the_disk_does_not_ask(bench: Bench) -> None:
    bench.to_filing_season()
    with refused(bench, "disk.not_reported"):
        bench.session(pin=None).begin_clear("A", OCTOBER)


def test_before_the_month_is_over_there_is_nothing_to_clear(bench: Bench) -> None:
    with refused(bench, "disk.nothing_to_clear"):
        bench.session(pin=None).begin_clear("A", OCTOBER)


def test_a_cleared_period_is_not_asked_for_again(bench: Bench) -> None:
    bench.report_october()
    clear(bench)
    with refused(bench, "disk.already_cleared"):
        bench.session(pin=None).begin_clear("A", OCTOBER)
    with refused(bench, "disk.nothing_to_clear"):
        bench.session(pin=None).begin_clear("A", NOVEMBER)


def test_only_the_newest_request_is_valid(bench: Bench) -> None:
    bench.report_october()
    old, new = bench.token(), bench.token()
    session = bench.session(pin=None)
    with refused(bench, "disk.token_stale", SW.TOKEN_REQUEST_NUMBER):
        session.apply_clear(old)
    assert session.apply_clear(new).clear_counter_after == 1


def test_an_aborted_request_is_dead(bench: Bench) -> None:
    bench.report_october()
    token = bench.token()
    session = bench.session(pin=None)
    session.abort_clear()
    session.abort_clear()
    with refused(bench, "disk.token_stale", SW.NO_REQUEST):
        session.apply_clear(token)


def test_a_request_outlives_reset_and_power(bench: Bench) -> None:
    bench.report_october()
    token = bench.token()
    bench.disk.power_off()
    bench.disk.power_on()
    assert bench.session(pin=None).apply_clear(token).clear_counter_after == 1


def test_a_blocked_pin_hinders_neither_the_clear_nor_the_reading(bench: Bench) -> None:
    bench.report_october()
    bench.block_pin()
    receipt = clear(bench)
    reader = bench.session(pin=None)
    assert reader.pin_tries() == 0
    assert reader.last_clear() == receipt
    assert reader.status().pin_tries == 0


def test_new_limits_count_from_the_clear_on(bench: Bench) -> None:
    bench.report_october()
    clear(bench, limits=(KindLimit(kind="007", limit=Decimal("500.00")),))
    with refused(bench, "disk.over_limit"):
        bench.session().issue(make_order(bench.clock))
    assert bench.issue(("1", "499.99", "5.00")).number


def test_a_clock_that_is_minutes_off_is_set_by_the_authority(bench: Bench) -> None:
    bench.report_october()
    clear(bench, clock=bench.clock() + timedelta(minutes=8))
    assert bench.disk.now == bench.clock() + timedelta(minutes=8)


def test_the_clock_is_never_set_before_a_time_already_accepted(bench: Bench) -> None:
    bench.report_october()
    clear(bench, clock=bench.clock() - timedelta(minutes=8))
    assert bench.disk.now == bench.clock()


def test_one_group_is_cleared_without_the_other(tmp_path: Path) -> None:
    kinds = (make_kind("007", "1000.00", "061002600104", 1), make_kind("025", "1000.00", "061002600106", 1))
    bench = Bench.build(tmp_path, kinds=kinds)
    bench.report_october()
    clear(bench)
    status = bench.session(pin=None).status()
    assert status.group("A").period_start == NOVEMBER.start
    assert status.group("D").period_start == OCTOBER.start
    assert bench.session(pin=None).last_clear("D") is None


def test_records_stay_until_they_are_uploaded_and_a_period_older(bench: Bench) -> None:
    first = bench.issue()
    last = bench.issue()
    bench.session().acknowledge(make_ack(1, last, bench.clock))
    bench.report_october()
    bench.issue()
    clear(bench)
    assert bench.session(pin=None).signed(1) == first
    bench.clock.moment = bench.clock.moment.replace(month=12, day=1)
    session = bench.session()
    session.report("A", NOVEMBER)
    december = {
        "new_period_start": date(2026, 12, 1),
        "new_period_end": date(2026, 12, 31),
        "new_cut_off": date(2027, 1, 15),
    }
    session.apply_clear(draft_token(session.begin_clear("A", NOVEMBER), bench.clock, **december).seal(CLEAR_KEY))
    with refused(bench, "disk.record_dropped"):
        session.signed(1)
    assert session.signed(3).counter == 3
    assert session.find_signed(first.request_id) is None
