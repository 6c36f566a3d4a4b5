"""Issuing an invoice: what is signed, what is counted, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from devices.protocol.certificates import DiskCertificate
from devices.protocol.messages import RateTotal, SignedInvoice
from devices.protocol.status_words import SW
from devices.virtual import OfflineSpec
from tests.devices.disks import (
    AUTHORITY,
    FILING_SEASON,
    OCTOBER,
    START,
    TAXPAYER,
    Bench,
    make_ack,
    make_kind,
    make_order,
    make_spec,
)
from tests.devices.virtual.refusals import refused


def test_an_invoice_gets_the_next_number_the_disks_time_and_a_place_in_the_chain(bench: Bench) -> None:
    session = bench.session()
    first, second = session.issue(make_order(bench.clock)), session.issue(make_order(bench.clock))
    assert (first.code, first.number, second.number) == ("061002600104", "02000001", "02000002")
    assert (first.counter, second.counter) == (1, 2)
    assert first.issued_at == bench.clock()
    assert second.previous_digest == first.digest
    assert first.totals_digest != second.totals_digest


def test_special_and_ordinary_invoices_have_stocks_of_their_own(bench: Bench) -> None:
    special, ordinary = bench.issue(kind="004"), bench.issue(kind="007")
    assert (special.number, ordinary.number) == ("01000001", "02000001")
    assert (special.code, ordinary.code) == ("6100261130", "061002600104")


def test_the_same_request_gets_the_same_record_and_is_counted_once(bench: Bench) -> None:
    order = make_order(bench.clock)
    first = bench.session().issue(order)
    again = bench.session().issue(order)
    assert again == first
    assert bench.session().status().sign_counter == 1


def test_the_same_request_is_answered_even_when_issuing_is_over(bench: Bench) -> None:
    order = make_order(bench.clock)
    first = bench.session().issue(order)
    bench.clock.moment = bench.clock.moment.replace(month=12)
    assert bench.session().issue(order) == first


def test_a_request_id_used_for_other_content_is_refused(bench: Bench) -> None:
    order = make_order(bench.clock)
    session = bench.session()
    session.issue(order)
    with refused(bench, "disk.request_reused"):
        session.issue(replace(order, buyer_name="别的公司"))


def test_without_the_pin_nothing_is_issued(bench: Bench) -> None:
    with refused(bench, "disk.pin_required"):
        bench.session(pin=None).issue(make_order(bench.clock))


def test_the_limit_must_not_be_reached(bench: Bench) -> None:
    session = bench.session()
    with refused(bench, "disk.over_limit"):
        session.issue(make_order(bench.clock, ("1", "10000.00", "100.00"), kind="004"))
    assert session.issue(make_order(bench.clock, ("1", "9999.99", "100.00"), kind="004")).counter == 1


def test_the_limit_looks_at_the_whole_invoice(bench: Bench) -> None:
    totals = (("1", "6000.00", "60.00"), ("3", "4000.00", "120.00"))
    with refused(bench, "disk.over_limit"):
        bench.session().issue(make_order(bench.clock, *totals, kind="004"))


@pytest.mark.parametrize(("kind", "code"), [("026", "disk.kind_not_authorised"), ("005", "disk.kind_not_authorised")])
def test_kinds_that_are_not_authorised_are_refused(bench: Bench, kind: str, code: str) -> None:
    with refused(bench, code):
        bench.session().issue(make_order(bench.clock, kind=kind))


def test_one_rate_that_is_not_authorised_refuses_the_invoice(bench: Bench) -> None:
    with refused(bench, "disk.rate_not_authorised"):
        bench.session().issue(make_order(bench.clock, ("1", "10.00", "0.10"), ("13", "10.00", "1.30")))


def test_on_the_cut_off_day_one_may_issue_and_on_the_next_not(bench: Bench) -> None:
    bench.clock.moment = bench.clock.moment.replace(month=11, day=16, hour=23, minute=59)
    assert bench.issue().counter == 1
    bench.clock.advance(minutes=1)
    with refused(bench, "disk.locked", SW.LOCKED):
        bench.session().issue(make_order(bench.clock))


def test_issuing_goes_on_in_the_new_month_while_the_old_one_waits(bench: Bench) -> None:
    bench.issue()
    bench.report_october()
    bench.issue(("1", "200.00", "2.00"))
    report = bench.session().report("A", OCTOBER)
    assert [(row.count, row.amount) for row in report.rows] == [(1, Decimal("1000.00"))]


def test_a_clock_that_went_back_issues_nothing(bench: Bench) -> None:
    bench.issue()
    bench.clock.advance(seconds=-1)
    with refused(bench, "disk.clock_back"):
        bench.session().issue(make_order(bench.clock))
    bench.clock.advance(seconds=1)
    assert bench.issue().counter == 2


def test_an_order_from_a_host_far_ahead_is_refused(bench: Bench) -> None:
    session = bench.session()
    with refused(bench, "disk.clock_skew"):
        session.issue(make_order(bench.clock, issued_at=bench.clock() + timedelta(minutes=6)))
    assert session.issue(make_order(bench.clock, issued_at=bench.clock() + timedelta(minutes=4))).counter == 1


def test_an_order_of_last_month_must_be_made_anew(bench: Bench) -> None:
    order = make_order(bench.clock)
    bench.clock.moment = FILING_SEASON
    with refused(bench, "disk.clock_skew"):
        bench.session().issue(order)


def test_before_the_enabling_day_nothing_is_issued(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, enabled_on=date(2026, 10, 20))
    with refused(bench, "disk.not_enabled"):
        bench.session().issue(make_order(bench.clock))


def test_a_day_more_than_a_month_past_the_period_is_refused(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, cut_off=date(2027, 6, 30))
    bench.clock.moment = bench.clock.moment.replace(month=12)
    with refused(bench, "disk.months_missed", SW.OUTSIDE_WINDOW):
        bench.session().issue(make_order(bench.clock))


def test_the_last_number_is_issued_and_then_the_stock_is_empty(tmp_path: Path) -> None:
    kind = make_kind("007", "100000.00", "061002600104", 99_999_999, end_number=99_999_999)
    bench = Bench.build(tmp_path, kinds=(kind,))
    assert bench.issue().number == "99999999"
    with refused(bench, "disk.stock_empty"):
        bench.session().issue(make_order(bench.clock))


def test_a_red_invoice_counts_as_negative_where_it_is_allowed(tmp_path: Path) -> None:
    kinds = (
        make_kind("007", "100000.00", "061002600104", 1),
        make_kind("004", "100000.00", "6100261130", 1, is_red_allowed=False),
    )
    bench = Bench.build(tmp_path, kinds=kinds)
    red = ("1", "-100.00", "-1.00")
    assert bench.issue(red, is_red=True).is_red
    with refused(bench, "disk.red_not_allowed"):
        bench.session().issue(make_order(bench.clock, red, kind="004", is_red=True))
    rows = bench.report_october().rows
    assert [(row.total_kind, row.amount, row.tax) for row in rows] == [
        ("negative", Decimal("-100.00"), Decimal("-1.00"))
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Decimal("999.99")},
        {"tax": Decimal("9.99")},
        {"totals": ()},
        {"totals": (RateTotal(rate="1", amount=Decimal("500.00"), tax=Decimal("5.00")),) * 2},
        {"is_red": True},
        {
            "totals": (
                RateTotal(rate="1", amount=Decimal("1100.00"), tax=Decimal("11.00")),
                RateTotal(rate="3", amount=Decimal("-100.00"), tax=Decimal("-1.00")),
            )
        },
    ],
    ids=["amount", "tax", "no rows", "rate twice", "positive red", "mixed signs"],
)
def test_totals_that_do_not_add_up_are_refused(bench: Bench, changes: dict[str, object]) -> None:
    with refused(bench, "disk.totals_wrong"):
        bench.session().issue(make_order(bench.clock, **changes))


def test_the_offline_ceilings_stop_issuing_until_the_upload_is_acknowledged(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, offline=OfflineSpec(hours=72, count=2, amount=Decimal("100000.00")))
    session = bench.session()
    session.issue(make_order(bench.clock))
    last = session.issue(make_order(bench.clock))
    with refused(bench, "disk.offline_count", SW.OFFLINE_COUNT):
        session.issue(make_order(bench.clock))
    session.acknowledge(make_ack(1, last, bench.clock))
    assert session.issue(make_order(bench.clock)).counter == 3


def test_the_amount_that_is_not_uploaded_has_a_ceiling(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, offline=OfflineSpec(amount=Decimal("1999.99")))
    bench.issue()
    with refused(bench, "disk.offline_amount", SW.OFFLINE_AMOUNT):
        bench.session().issue(make_order(bench.clock))


def test_the_oldest_that_is_not_uploaded_has_its_hours(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, offline=OfflineSpec(hours=72))
    bench.issue()
    bench.clock.advance(hours=72)
    bench.issue()
    bench.clock.advance(seconds=1)
    with refused(bench, "disk.offline_hours", SW.OFFLINE_HOURS):
        bench.session().issue(make_order(bench.clock))


def test_an_expired_certificate_stops_issuing(tmp_path: Path) -> None:
    short = AUTHORITY.issue(
        public_key=DiskCertificate.load(make_spec().certificate).public_key,
        serial="661000000001",
        taxpayer_number=TAXPAYER,
        taxpayer_name="西安示例商贸有限公司",
        now=START - timedelta(days=10),
        days=12,
    )
    bench = Bench.build(tmp_path, certificate=short)
    session = bench.session()
    bench.clock.advance(days=3)
    with refused(bench, "disk.certificate_expired"):
        session.issue(make_order(bench.clock))


def test_every_record_can_be_read_back(bench: Bench) -> None:
    order = make_order(bench.clock)
    session = bench.session()
    assert session.last_signed() is None
    invoice = session.issue(order)
    reader = bench.session(pin=None)
    assert reader.find_signed(order.request_id) == invoice
    assert reader.signed(1) == invoice
    assert reader.last_signed() == invoice
    assert reader.find_signed("00" * 16) is None
    assert isinstance(reader.signed(1), SignedInvoice)
    with refused(bench, "disk.not_found"):
        reader.signed(2)
