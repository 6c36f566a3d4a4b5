"""Voiding: this month's, not reported, once; the invoice moves to its void total."""

from __future__ import annotations

import uuid
from decimal import Decimal
from pathlib import Path

import pytest

from devices.protocol.messages import SignedVoid
from tests.devices.disks import CLEAR_KEY, FILING_SEASON, Bench, draft_token, make_kind, make_order
from tests.devices.virtual.refusals import refused


def void(bench: Bench, number: str, *, kind: str = "007", request_id: str = "") -> SignedVoid:
    code = "061002600104" if kind == "007" else "6100261130"
    return bench.session().void(kind, code, number, request_id or uuid.uuid4().hex)


def test_a_voided_invoice_moves_to_the_void_total(bench: Bench) -> None:
    kept, gone = bench.issue(("1", "300.00", "3.00")), bench.issue(("1", "500.00", "5.00"))
    voided = void(bench, gone.number)
    assert (voided.invoice_counter, voided.counter, voided.amount) == (gone.counter, 3, Decimal("500.00"))
    assert voided.previous_digest == gone.digest
    rows = {row.total_kind: (row.count, row.amount, row.tax) for row in bench.report_october().rows}
    assert rows == {
        "positive": (1, kept.amount, kept.tax),
        "positive_void": (1, gone.amount, gone.tax),
    }


def test_a_red_invoice_voided_is_a_negative_void(bench: Bench) -> None:
    red = bench.issue(("1", "-100.00", "-1.00"), is_red=True)
    void(bench, red.number)
    assert [(row.total_kind, row.amount) for row in bench.report_october().rows] == [
        ("negative_void", Decimal("-100.00"))
    ]


def test_the_same_request_gets_the_same_record(bench: Bench) -> None:
    invoice, request_id = bench.issue(), uuid.uuid4().hex
    first = void(bench, invoice.number, request_id=request_id)
    assert void(bench, invoice.number, request_id=request_id) == first
    reader = bench.session(pin=None)
    assert reader.find_void(request_id) == first
    assert reader.find_signed(request_id) is None
    assert reader.last_signed() == first


def test_another_request_for_a_voided_invoice_is_refused(bench: Bench) -> None:
    invoice = bench.issue()
    void(bench, invoice.number)
    with refused(bench, "disk.already_voided"):
        bench.session().void("007", invoice.code, invoice.number, uuid.uuid4().hex)


def test_a_request_id_of_an_invoice_or_another_void_is_refused(bench: Bench) -> None:
    order = make_order(bench.clock)
    session = bench.session()
    invoice, other = session.issue(order), session.issue(make_order(bench.clock))
    with refused(bench, "disk.request_reused"):
        session.void("007", invoice.code, invoice.number, order.request_id)
    request_id = uuid.uuid4().hex
    session.void("007", invoice.code, invoice.number, request_id)
    with refused(bench, "disk.request_reused"):
        session.void("007", other.code, other.number, request_id)


def test_without_the_pin_nothing_is_voided(bench: Bench) -> None:
    invoice = bench.issue()
    with refused(bench, "disk.pin_required"):
        bench.session(pin=None).void("007", invoice.code, invoice.number, uuid.uuid4().hex)


def test_an_invoice_the_disk_never_signed_is_refused(bench: Bench) -> None:
    bench.issue()
    with refused(bench, "disk.invoice_unknown"):
        bench.session().void("007", "061002600104", "00000099", uuid.uuid4().hex)


def test_last_months_invoice_is_refused_before_the_report(bench: Bench) -> None:
    invoice = bench.issue()
    bench.clock.moment = FILING_SEASON
    with refused(bench, "disk.not_same_period"):
        bench.session().void("007", invoice.code, invoice.number, uuid.uuid4().hex)


def test_a_reported_invoice_is_refused_and_stays_so_after_the_clear(bench: Bench) -> None:
    invoice = bench.issue()
    bench.report_october()
    with refused(bench, "disk.already_reported"):
        bench.session().void("007", invoice.code, invoice.number, uuid.uuid4().hex)
    bench.session(pin=None).apply_clear(draft_token(bench.begin(), bench.clock).seal(CLEAR_KEY))
    with refused(bench, "disk.already_reported"):
        bench.session().void("007", invoice.code, invoice.number, uuid.uuid4().hex)


def test_the_new_months_invoice_may_be_voided_while_the_old_month_waits(bench: Bench) -> None:
    bench.issue()
    bench.report_october()
    invoice = bench.issue()
    assert void(bench, invoice.number).invoice_counter == invoice.counter


@pytest.mark.parametrize("kind", ["026", "028"])
def test_electronic_invoices_are_never_voided(tmp_path: Path, kind: str) -> None:
    bench = Bench.build(tmp_path, kinds=(make_kind(kind, "100000.00", "061002600111", 1),))
    invoice = bench.issue(kind=kind)
    with refused(bench, "disk.kind_not_voidable"):
        bench.session().void(kind, invoice.code, invoice.number, uuid.uuid4().hex)
