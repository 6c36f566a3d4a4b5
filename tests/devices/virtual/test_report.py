"""Reporting a period (抄税): when it may be done, what is in it, and that it can always be read again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from devices.protocol.messages import DiskReport
from tests.devices.disks import CLEAR_KEY, FILING_SEASON, NOVEMBER, OCTOBER, Bench, Month, draft_token, make_kind
from tests.devices.virtual.refusals import memory_of, refused


def test_the_report_holds_the_totals_by_kind_rate_and_total_kind(bench: Bench) -> None:
    bench.issue(("1", "100.00", "1.00"), ("3", "200.00", "6.00"))
    bench.issue(("1", "50.00", "0.50"))
    bench.issue(("exempt", "30.00", "0.00"), kind="004")
    report = bench.report_october()
    assert [(row.kind, row.rate, row.count, row.amount, row.tax) for row in report.rows] == [
        ("004", "exempt", 1, Decimal("30.00"), Decimal("0.00")),
        ("007", "3", 1, Decimal("200.00"), Decimal("6.00")),
        ("007", "1", 2, Decimal("150.00"), Decimal("1.50")),
    ]
    assert (report.first_counter, report.last_counter, report.invoice_count) == (1, 3, 3)
    assert (report.report_counter, report.closed_at) == (1, FILING_SEASON)


def test_a_month_without_invoices_is_reported_empty(bench: Bench) -> None:
    report = bench.report_october()
    assert (report.rows, report.invoice_count, report.first_counter) == ((), 0, 0)


def test_before_the_month_is_over_it_is_refused(bench: Bench) -> None:
    bench.clock.moment = bench.clock.moment.replace(day=31, hour=23, minute=59, second=59)
    with refused(bench, "disk.period_open"):
        bench.session().report("A", OCTOBER)
    bench.clock.advance(seconds=1)
    assert bench.session().report("A", OCTOBER).report_counter == 1


def test_again_gives_the_same_bytes_stores_nothing_and_needs_no_pin(bench: Bench) -> None:
    bench.issue()
    first = bench.report_october()
    before = memory_of(bench)
    bench.clock.advance(days=5)
    assert bench.session(pin=None).report("A", OCTOBER) == first
    assert memory_of(bench) == before


def test_closing_the_period_needs_the_pin(bench: Bench) -> None:
    bench.to_filing_season()
    with refused(bench, "disk.pin_required"):
        bench.session(pin=None).report("A", OCTOBER)


def test_reading_restarts_at_any_offset(bench: Bench) -> None:
    for rate, tax in (("1", "1.00"), ("3", "3.00"), ("exempt", "0.00")):
        bench.issue((rate, "100.00", tax))
    report: DiskReport = bench.report_october()
    session = bench.session(pin=None)
    for offset in range(len(report.raw)):
        rest = len(report.raw) - offset
        assert session.read_report("A", offset, rest) == report.raw[offset:]
    with refused(bench, "disk.wrong_parameters"):
        session.read_report("A", len(report.raw), 1)


def test_a_report_that_was_not_opened_cannot_be_read(bench: Bench) -> None:
    with refused(bench, "disk.not_reported"):
        bench.session().read_report("A", 0, 10)


@pytest.mark.parametrize(
    ("period", "code"),
    [
        (NOVEMBER, "disk.wrong_period"),
        (Month(date(2026, 10, 1), date(2026, 12, 31)), "disk.wrong_period"),
        (Month(date(2026, 9, 1), date(2026, 9, 30)), "disk.already_cleared"),
    ],
)
def test_another_period_is_refused(bench: Bench, period: Month, code: str) -> None:
    bench.to_filing_season()
    with refused(bench, code):
        bench.session().report("A", period)


def test_a_group_the_disk_does_not_hold_is_refused(bench: Bench) -> None:
    bench.to_filing_season()
    with refused(bench, "disk.group_unknown"):
        bench.session().report("B", OCTOBER)


def test_groups_are_reported_apart(tmp_path: Path) -> None:
    kinds = (make_kind("007", "1000.00", "061002600104", 1), make_kind("025", "1000.00", "061002600106", 1))
    bench = Bench.build(tmp_path, kinds=kinds)
    bench.issue(("1", "10.00", "0.10"), kind="007")
    bench.issue(("1", "20.00", "0.20"), kind="025")
    bench.to_filing_season()
    session = bench.session()
    assert [row.kind for row in session.report("A", OCTOBER).rows] == ["007"]
    status = session.status()
    assert (status.group("A").is_reported, status.group("D").is_reported) == (True, False)
    assert [row.kind for row in session.report("D", OCTOBER).rows] == ["025"]
    assert session.status().report_counter == 2


def test_the_status_tells_what_was_reported(bench: Bench) -> None:
    report = bench.report_october()
    group = bench.session(pin=None).status().group("A")
    assert (group.is_reported, group.report_digest, group.last_report_at) == (True, report.digest, FILING_SEASON)


def test_after_the_clear_the_old_period_is_refused_and_the_new_one_waits_for_its_end(bench: Bench) -> None:
    bench.report_october()
    bench.session(pin=None).apply_clear(draft_token(bench.begin(), bench.clock).seal(CLEAR_KEY))
    session = bench.session()
    with refused(bench, "disk.already_cleared"):
        session.report("A", OCTOBER)
    with refused(bench, "disk.period_open"):
        session.report("A", NOVEMBER)
    bench.clock.moment = bench.clock.moment.replace(month=12, day=2)
    assert bench.session().report("A", NOVEMBER).report_counter == 2
