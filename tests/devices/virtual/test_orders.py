"""Orders of the authority: carried out once, proved for ever after, and what each one changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from devices.protocol.messages import (
    AuthorityOrder,
    GroupCeilings,
    GroupWindow,
    IssueDataChange,
    KindChange,
    OrderReceipt,
)
from devices.protocol.status_words import SW
from devices.virtual import OfflineSpec
from tests.devices.disks import CLEAR_KEY, NOVEMBER, OCTOBER, Bench, draft_token, make_kind, make_order, make_stock
from tests.devices.virtual.refusals import memory_of, refused

NEW_NAME = "西安新示例商贸有限公司"


def change(**parts: object) -> dict[str, IssueDataChange]:
    return {"change": IssueDataChange(**parts)}


def kind_change(kind: str = "007", limit: str = "500.00", rates: tuple[str, ...] = ("13", "6")) -> KindChange:
    return KindChange(kind=kind, limit=Decimal(limit), rates=rates)


def ceilings(group: str = "A", hours: int = 1, count: int = 2, amount: str = "3000.00") -> GroupCeilings:
    return GroupCeilings(group=group, hours_limit=hours, count_limit=count, amount_limit=Decimal(amount))


def window(group: str = "D") -> GroupWindow:
    return GroupWindow(group=group, period_start=OCTOBER.start, period_end=OCTOBER.end, cut_off=date(2026, 11, 16))


def test_an_order_moves_the_counter_by_one_and_leaves_a_signed_receipt(bench: Bench) -> None:
    order = bench.signed_order("add_stock", segments=(make_stock(),), order_number=7)
    receipt = bench.apply(order)
    assert (receipt.order_counter_before, receipt.order_counter_after, receipt.order_number) == (0, 1, 7)
    assert (receipt.order_id, receipt.token_digest) == (order.order_id, order.digest)
    assert receipt.previous_receipt_digest == "0" * 64
    assert bench.session(pin=None).status().order_counter == 1


def test_the_same_order_gets_the_same_receipt_however_often_and_late(bench: Bench) -> None:
    order = bench.signed_order("add_stock", segments=(make_stock(),))
    first, before = bench.apply(order), memory_of(bench)
    bench.clock.advance(days=400)
    for _ in range(5):
        assert bench.apply(order) == first
    assert memory_of(bench) == before


def test_the_last_receipt_is_readable_without_pin_on_a_blocked_disk_until_the_next_order(bench: Bench) -> None:
    assert bench.session(pin=None).last_order() is None
    first = bench.order("add_stock", segments=(make_stock(),))
    bench.block_pin()
    for _ in range(20):
        assert bench.session(pin=None).last_order() == first
    second = bench.order("return_stock", segments=(make_stock(first=41),))
    assert bench.session(pin=None).last_order() == second
    assert second.previous_receipt_digest == first.digest


def test_the_public_state_is_readable_with_a_blocked_pin(bench: Bench) -> None:
    invoice = bench.issue()
    bench.block_pin()
    session = bench.session(pin=None)
    assert session.status().pin_tries == session.pin_tries() == 0
    assert session.certificate().serial == bench.disk.serial
    assert session.last_signed() == session.signed(1) == invoice
    assert (session.last_clear(), session.last_order()) == (None, None)
    assert session.log().entries[-1].event == "pin_blocked"


def test_a_blocked_pin_hinders_no_order(bench: Bench) -> None:
    bench.block_pin()
    assert bench.order("change_issue_data", **change(taxpayer_name=NEW_NAME)).order_counter_after == 1


# ---- change of issue data (变更发行) ----


def test_name_and_bureau_change_and_the_rest_stays(bench: Bench) -> None:
    before = bench.session(pin=None).status()
    bench.order("change_issue_data", **change(taxpayer_name=NEW_NAME, bureau_code="16101040000"))
    after = bench.session(pin=None).status()
    assert (after.taxpayer_name, after.bureau_code) == (NEW_NAME, "16101040000")
    assert after.groups == before.groups
    bench.disk.power_off()
    assert bench.session(pin=None).status().taxpayer_name == NEW_NAME


def test_limit_and_rates_count_from_the_order_on(bench: Bench) -> None:
    bench.order("change_issue_data", **change(kinds=(kind_change(),)))
    session = bench.session()
    with refused(bench, "disk.over_limit"):
        session.issue(make_order(bench.clock, ("13", "500.00", "65.00")))
    with refused(bench, "disk.rate_not_authorised"):
        session.issue(make_order(bench.clock, ("1", "100.00", "1.00")))
    assert session.issue(make_order(bench.clock, ("13", "100.00", "13.00"))).number == "02000001"


def test_red_invoices_can_be_taken_away(bench: Bench) -> None:
    new = KindChange(kind="007", limit=Decimal("1000.00"), is_red_allowed=False, rates=("1",))
    bench.order("change_issue_data", **change(kinds=(new,)))
    with refused(bench, "disk.red_not_allowed"):
        bench.session().issue(make_order(bench.clock, ("1", "-1.00", "-0.01"), is_red=True))


def test_ceilings_count_from_the_order_on(bench: Bench) -> None:
    bench.order("change_issue_data", **change(ceilings=(ceilings(),)))
    bench.issue()
    bench.issue()
    with refused(bench, "disk.offline_count", SW.OFFLINE_COUNT):
        bench.session().issue(make_order(bench.clock))


def test_a_new_kind_of_a_group_that_is_held_is_authorised_without_stock(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, kinds=(make_kind("007", "1000.00", "061002600104", 1),))
    bench.order("change_issue_data", **change(kinds=(kind_change("004", rates=("1",)),)))
    with refused(bench, "disk.stock_empty"):
        bench.session().issue(make_order(bench.clock, ("1", "1.00", "0.01"), kind="004"))
    bench.order("add_stock", segments=(make_stock("004", "6100261130", 1, 9),))
    assert bench.issue(("1", "1.00", "0.01"), kind="004").number == "00000001"


def test_a_new_group_comes_with_its_window_and_ceilings(bench: Bench) -> None:
    parts = {"kinds": (kind_change("025", rates=("1",)),), "windows": (window(),), "ceilings": (ceilings("D"),)}
    bench.order("change_issue_data", **change(**parts))
    bench.order("add_stock", segments=(make_stock("025", "061002600106", 1, 9),))
    assert bench.issue(("1", "1.00", "0.01"), kind="025").number == "00000001"
    group = bench.session(pin=None).status().group("D")
    assert (group.period_start, group.offline.count_limit, group.offline.count) == (OCTOBER.start, 2, 1)


IMPOSSIBLE = {
    "limit of nothing": (change(kinds=(kind_change(limit="0.00"),)), SW.ORDER_LIMITS),
    "no rates": (change(kinds=(kind_change(rates=()),)), SW.ORDER_LIMITS),
    "a rate twice": (change(kinds=(kind_change(rates=("1", "1")),)), SW.ORDER_LIMITS),
    "a kind twice": (change(kinds=(kind_change(),) * 2), SW.ORDER_LIMITS),
    "a group twice": (change(ceilings=(ceilings(),) * 2), SW.ORDER_LIMITS),
    "no hours": (change(ceilings=(ceilings(hours=0),)), SW.ORDER_LIMITS),
    "no count": (change(ceilings=(ceilings(count=0),)), SW.ORDER_LIMITS),
    "no amount": (change(ceilings=(ceilings(amount="0.00"),)), SW.ORDER_LIMITS),
    "ceilings of a group not held": (change(ceilings=(ceilings("B"),)), SW.ORDER_WINDOW),
    "a kind of a group not held": (change(kinds=(kind_change("025"),)), SW.ORDER_WINDOW),
    "a window without ceilings": (change(kinds=(kind_change("025"),), windows=(window(),)), SW.ORDER_WINDOW),
    "a window without a kind": (change(windows=(window(),), ceilings=(ceilings("D"),)), SW.ORDER_WINDOW),
    "a window of a group held": (
        change(kinds=(kind_change(),), windows=(window("A"),), ceilings=(ceilings(),)),
        SW.ORDER_WINDOW,
    ),
    "nothing": (change(), SW.ORDER_CONTENT),
    "no part": ({}, SW.ORDER_CONTENT),
    "another part": ({"segments": (make_stock(),)}, SW.ORDER_CONTENT),
    "one part too many": (change(taxpayer_name=NEW_NAME) | {"segments": (make_stock(),)}, SW.ORDER_CONTENT),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_change_that_cannot_be_is_refused_whole(bench: Bench, name: str) -> None:
    parts, word = IMPOSSIBLE[name]
    order = bench.signed_order("change_issue_data", **parts)
    with refused(bench, "disk.order_invalid", word):
        bench.apply(order)


def test_before_a_change_everything_is_uploaded(bench: Bench) -> None:
    bench.issue()
    order = bench.signed_order("change_issue_data", **change(taxpayer_name=NEW_NAME))
    with refused(bench, "disk.not_uploaded", SW.ORDER_NOT_UPLOADED):
        bench.apply(order)
    bench.upload()
    assert bench.apply(order).order_counter_after == 1


def test_before_a_change_the_period_that_is_over_is_reported(bench: Bench) -> None:
    bench.to_filing_season()
    order = bench.signed_order("change_issue_data", **change(taxpayer_name=NEW_NAME))
    with refused(bench, "disk.not_reported", SW.ORDER_NOT_REPORTED):
        bench.apply(order)
    bench.report_october()
    assert bench.apply(order).order_counter_after == 1


# ---- the end of a disk (注销) ----


def cancelled(bench: Bench) -> OrderReceipt:
    bench.issue()
    bench.upload()
    bench.report_october()
    bench.return_all_stock()
    return bench.order("disable")


def test_a_cancelled_disk_issues_and_voids_no_more(bench: Bench) -> None:
    cancelled(bench)
    bench.disk.power_off()
    session = bench.session()
    assert session.status().is_disabled
    with refused(bench, "disk.cancelled", SW.DISABLED):
        session.issue(make_order(bench.clock))
    with refused(bench, "disk.cancelled", SW.DISABLED):
        session.void("007", "061002600104", "02000001", "0" * 32)


def test_a_cancelled_disk_stays_readable_and_its_last_period_is_cleared(bench: Bench) -> None:
    receipt = cancelled(bench)
    session = bench.session()
    assert session.last_order() == receipt
    assert session.signed(1).counter == 1
    assert session.report("A", OCTOBER).invoice_count == 1
    token = draft_token(session.begin_clear("A", OCTOBER), bench.clock).seal(CLEAR_KEY)
    session.apply_clear(token)
    assert session.status().group("A").period_start == NOVEMBER.start


def test_nothing_but_unblocking_is_ordered_of_a_cancelled_disk(bench: Bench) -> None:
    cancelled(bench)
    orders: list[AuthorityOrder] = [
        bench.signed_order("disable"),
        bench.signed_order("add_stock", segments=(make_stock(),)),
        bench.signed_order("change_issue_data", **change(taxpayer_name=NEW_NAME)),
    ]
    for order in orders:
        with refused(bench, "disk.cancelled", SW.DISABLED):
            bench.apply(order)


def test_a_disk_with_blank_invoices_is_not_cancelled(bench: Bench) -> None:
    order = bench.signed_order("disable")
    with refused(bench, "disk.stock_left", SW.ORDER_STOCK_LEFT):
        bench.apply(order)


def test_a_disk_with_records_to_upload_is_not_cancelled(bench: Bench) -> None:
    bench.issue()
    order = bench.signed_order("disable")
    with refused(bench, "disk.not_uploaded", SW.ORDER_NOT_UPLOADED):
        bench.apply(order)


def test_the_time_of_an_order_counts_as_accepted(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, offline=OfflineSpec())
    bench.order("add_stock", segments=(make_stock(),))
    bench.clock.advance(seconds=-1)
    with refused(bench, "disk.clock_back"):
        bench.session().issue(make_order(bench.clock))
