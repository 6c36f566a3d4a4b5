"""Each group of invoice kinds is reported, cleared, uploaded and limited on its own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from devices.protocol.messages import ClearReceipt
from devices.protocol.status_words import SW
from devices.virtual import OfflineSpec
from tests.devices.disks import CLEAR_KEY, NOVEMBER, OCTOBER, Bench, draft_token, make_ack, make_kind, make_order
from tests.devices.virtual.refusals import refused

DECEMBER = {
    "new_period_start": date(2026, 12, 1),
    "new_period_end": date(2026, 12, 31),
    "new_cut_off": date(2027, 1, 15),
}


@pytest.fixture
def two(tmp_path: Path) -> Bench:
    """A disk with 普票 (group A) and 卷票 (group D), one invoice of each in October."""
    kinds = (make_kind("007", "10000.00", "061002600104", 1), make_kind("025", "10000.00", "061002600106", 1))
    bench = Bench.build(tmp_path, kinds=kinds)
    bench.issue(("1", "100.00", "1.00"), kind="007")
    bench.issue(("1", "200.00", "2.00"), kind="025")
    return bench


def clear(bench: Bench, group: str) -> ClearReceipt:
    session = bench.session(pin=None)
    return session.apply_clear(draft_token(session.begin_clear(group, OCTOBER), bench.clock).seal(CLEAR_KEY))


def test_the_report_of_a_group_holds_its_invoices_alone(two: Bench) -> None:
    two.to_filing_season()
    for group, kind, amount in (("A", "007", 100), ("D", "025", 200)):
        report = two.session().report(group, OCTOBER)
        assert [(row.kind, row.amount) for row in report.rows] == [(kind, amount)]
        assert (report.group, report.invoice_count) == (group, 1)


def test_reporting_one_group_closes_the_other_for_nothing(two: Bench) -> None:
    two.report_october()
    status = two.session(pin=None).status()
    assert (status.group("A").is_reported, status.group("D").is_reported) == (True, False)
    with refused(two, "disk.not_reported"):
        two.session(pin=None).begin_clear("D", OCTOBER)
    with refused(two, "disk.not_reported"):
        two.session(pin=None).read_report("D", 0, 1)


def test_a_void_looks_at_the_report_of_its_own_group(tmp_path: Path) -> None:
    kinds = (make_kind("007", "10000.00", "061002600104", 1), make_kind("025", "10000.00", "061002600106", 1))
    two = Bench.build(tmp_path, kinds=kinds)
    two.report_october()
    invoice = two.issue(kind="025")
    assert two.session().void("025", invoice.code, invoice.number, "1" * 32).counter == 2


def test_both_groups_are_cleared_one_after_the_other(two: Bench) -> None:
    two.to_filing_season()
    for group in ("A", "D"):
        two.session().report(group, OCTOBER)
    first, second = clear(two, "D"), clear(two, "A")
    status = two.session(pin=None).status()
    assert [item.period_start for item in status.groups] == [NOVEMBER.start, NOVEMBER.start]
    assert (first.clear_counter_after, second.clear_counter_after, status.clear_counter) == (1, 2, 2)
    assert second.previous_receipt_digest == first.digest


def test_the_receipt_of_each_group_is_kept_and_the_newest_is_given_to_whoever_names_none(two: Bench) -> None:
    two.to_filing_season()
    assert two.session(pin=None).last_clear() is None
    for group in ("A", "D"):
        two.session().report(group, OCTOBER)
    second, first = clear(two, "D"), clear(two, "A")
    session = two.session(pin=None)
    assert (session.last_clear("A"), session.last_clear("D"), session.last_clear()) == (first, second, first)


def test_a_group_that_is_cleared_issues_past_the_cut_off_of_the_other(two: Bench) -> None:
    two.report_october()
    clear(two, "A")
    two.clock.moment = two.clock.moment.replace(day=20)
    assert two.issue(kind="007").counter == 3
    with refused(two, "disk.locked"):
        two.session().issue(make_order(two.clock, kind="025"))


def test_a_token_asked_for_before_the_other_group_was_cleared_is_stale(two: Bench) -> None:
    two.to_filing_season()
    for group in ("A", "D"):
        two.session().report(group, OCTOBER)
    session = two.session(pin=None)
    of_a, of_d = session.begin_clear("A", OCTOBER), session.begin_clear("D", OCTOBER)
    session.apply_clear(draft_token(of_a, two.clock).seal(CLEAR_KEY))
    with refused(two, "disk.token_stale", SW.TOKEN_COUNTER):
        session.apply_clear(draft_token(of_d, two.clock).seal(CLEAR_KEY))
    assert clear(two, "D").clear_counter_after == 2


def test_a_token_of_one_group_does_not_clear_the_other(two: Bench) -> None:
    two.to_filing_season()
    for group in ("A", "D"):
        two.session().report(group, OCTOBER)
    request = two.session(pin=None).begin_clear("A", OCTOBER)
    session = two.session(pin=None)
    with refused(two, "disk.token_stale", SW.TOKEN_GROUP):
        session.apply_clear(draft_token(request, two.clock, group="D").seal(CLEAR_KEY))


def test_withdrawing_the_request_of_one_group_leaves_the_other_waiting(two: Bench) -> None:
    two.to_filing_season()
    for group in ("A", "D"):
        two.session().report(group, OCTOBER)
    session = two.session(pin=None)
    of_a = session.begin_clear("A", OCTOBER)
    session.begin_clear("D", OCTOBER)
    session.abort_clear("D")
    assert session.apply_clear(draft_token(of_a, two.clock).seal(CLEAR_KEY)).group == "A"


def test_the_months_of_one_group_outlive_the_clears_of_the_other(two: Bench) -> None:
    two.report_october()
    clear(two, "A")
    two.clock.moment = two.clock.moment.replace(month=12, day=2)
    session = two.session()
    session.report("A", NOVEMBER)
    session.apply_clear(draft_token(session.begin_clear("A", NOVEMBER), two.clock, **DECEMBER).seal(CLEAR_KEY))
    assert [row.amount for row in session.report("D", OCTOBER).rows] == [200]


def test_each_group_has_ceilings_of_its_own(tmp_path: Path) -> None:
    kinds = (make_kind("007", "10000.00", "061002600104", 1), make_kind("025", "10000.00", "061002600106", 1))
    two = Bench.build(tmp_path, kinds=kinds, offline=OfflineSpec(count=1))
    first = two.issue(kind="007")
    with refused(two, "disk.offline_count", SW.OFFLINE_COUNT):
        two.session().issue(make_order(two.clock, kind="007"))
    two.issue(kind="025")
    two.session(pin=None).acknowledge(make_ack(1, first, two.clock))
    groups = {item.group: item.offline.count for item in two.session(pin=None).status().groups}
    assert groups == {"A": 0, "D": 1}
    assert two.issue(kind="007").counter == 3
