"""The stock of blank invoices (发票领用存): bought and returned by segments, no number twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.protocol.messages import KindAuthorisation
from devices.protocol.status_words import SW
from tests.devices.disks import Bench, make_kind, make_order, make_stock
from tests.devices.virtual.refusals import refused


@pytest.fixture
def small(tmp_path: Path) -> Bench:
    """A disk with three 普票 left, 00000001 to 00000003."""
    return Bench.build(tmp_path, kinds=(make_kind("007", "100000.00", "061002600104", 1, end_number=3),))


def stock_of(bench: Bench) -> KindAuthorisation:
    return bench.session(pin=None).status().group("A").authorisations[-1]


def test_a_segment_waits_behind_the_one_in_use(small: Bench) -> None:
    small.order("add_stock", segments=(make_stock(first=10, last=11),))
    held = stock_of(small)
    assert (held.code, held.next_number, held.end_number) == ("061002600104", 1, 3)
    assert (held.later, held.later_count) == ((make_stock(first=10, last=11),), 2)
    issued = [small.issue() for _ in range(5)]
    assert [item.number for item in issued] == ["00000001", "00000002", "00000003", "00000010", "00000011"]
    assert {item.code for item in issued[3:]} == {"061002600199"}
    with refused(small, "disk.stock_empty"):
        small.session().issue(make_order(small.clock))


def test_several_segments_come_in_one_order(small: Bench) -> None:
    small.order("add_stock", segments=(make_stock(first=1, last=1), make_stock(first=2, last=2)))
    assert [item.next_number for item in stock_of(small).later] == [1, 2]


@pytest.mark.parametrize(
    ("first", "last"), [(1, 3), (2, 2), (3, 9), (1, 1)], ids=["the same", "inside", "the end", "a used one"]
)
def test_a_number_that_is_or_was_on_the_disk_is_not_bought(small: Bench, first: int, last: int) -> None:
    small.issue()
    order = small.signed_order("add_stock", segments=(make_stock(code="061002600104", first=first, last=last),))
    with refused(small, "disk.stock_overlap", SW.ORDER_OVERLAP):
        small.apply(order)


def test_an_order_with_overlapping_segments_is_refused_whole(small: Bench) -> None:
    order = small.signed_order("add_stock", segments=(make_stock(first=1, last=5), make_stock(first=5, last=9)))
    with refused(small, "disk.stock_overlap", SW.ORDER_OVERLAP):
        small.apply(order)


@pytest.mark.parametrize(("first", "last"), [(5, 4), (0, 4), (1, 100_000_000)])
def test_what_is_no_range_of_numbers_is_refused(small: Bench, first: int, last: int) -> None:
    for action in ("add_stock", "return_stock"):
        order = small.signed_order(action, segments=(make_stock(first=first, last=last),))
        with refused(small, "disk.order_invalid", SW.ORDER_RANGE):
            small.apply(order)


def test_stock_for_a_kind_that_is_not_authorised_is_refused(small: Bench) -> None:
    order = small.signed_order("add_stock", segments=(make_stock("004", "6100261130"),))
    with refused(small, "disk.kind_not_authorised", SW.ORDER_KIND):
        small.apply(order)


def test_the_blank_end_of_a_segment_goes_back(small: Bench) -> None:
    small.issue()
    small.order("return_stock", segments=(make_stock(code="061002600104", first=3, last=3),))
    assert (stock_of(small).next_number, stock_of(small).end_number) == (2, 2)
    assert small.issue().number == "00000002"
    with refused(small, "disk.stock_empty"):
        small.session().issue(make_order(small.clock))


def test_a_whole_segment_goes_back_and_may_be_bought_again(small: Bench) -> None:
    whole = make_stock(code="061002600104", first=1, last=3)
    small.order("return_stock", segments=(whole,))
    with refused(small, "disk.stock_empty"):
        small.session().issue(make_order(small.clock))
    small.order("add_stock", segments=(whole,))
    assert small.issue().number == "00000001"


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [("061002600104", 1, 3), ("061002600104", 2, 2), ("061002600104", 3, 4), ("061002600199", 2, 3)],
    ids=["a used number", "the middle", "past the end", "another code"],
)
def test_only_blank_numbers_at_the_end_go_back(small: Bench, code: str, first: int, last: int) -> None:
    small.issue()
    order = small.signed_order("return_stock", segments=(make_stock(code=code, first=first, last=last),))
    with refused(small, "disk.stock_not_held", SW.ORDER_NOT_HELD):
        small.apply(order)


def test_the_disk_keeps_sixteen_segments_and_forgets_used_ones_first(small: Bench) -> None:
    for number in range(15):
        small.order("add_stock", segments=(make_stock(first=10 + number, last=10 + number),))
    order = small.signed_order("add_stock", segments=(make_stock(first=90, last=90),))
    with refused(small, "disk.stock_full", SW.ORDER_STOCK_FULL):
        small.apply(order)
    for _ in range(3):
        small.issue()
    small.order("add_stock", segments=(make_stock(first=90, last=90),))
    assert stock_of(small).next_number == 10
    assert stock_of(small).later_count == 15


def test_a_used_segment_that_was_forgotten_is_known_from_the_records(small: Bench) -> None:
    for _ in range(3):
        small.issue()
    for number in range(16):
        small.order("add_stock", segments=(make_stock(first=10 + number, last=10 + number),))
    order = small.signed_order("add_stock", segments=(make_stock(code="061002600104", first=3, last=3),))
    small.issue()
    with refused(small, "disk.stock_overlap", SW.ORDER_OVERLAP):
        small.apply(order)


def test_an_invoice_issued_meanwhile_keeps_its_number_from_going_back(small: Bench) -> None:
    order = small.signed_order("return_stock", segments=(make_stock(code="061002600104", first=1, last=3),))
    small.issue()
    with refused(small, "disk.stock_not_held", SW.ORDER_NOT_HELD):
        small.apply(order)
