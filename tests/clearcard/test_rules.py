"""Pure rules: the table, the types of clearing and what a disk's word proves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from clearcard.choices import ClearKind, SpecialReason
from clearcard.rules import table as table_rules
from clearcard.rules import types as type_rules
from clearcard.rules.doubt import DiskWord, SentClear, Verdict, judge
from clearcard.rules.table import Parties
from clearcard.shapes import Side
from devices.protocol.messages import TotalRow
from taxhall.common.periods import TaxPeriod

KEY = ("007", "1")


def total(total_kind: str, count: int, amount: str, tax: str = "0.00") -> TotalRow:
    """Return one total of ordinary invoices at 1%."""
    return TotalRow(kind="007", rate="1", total_kind=total_kind, count=count, amount=Decimal(amount), tax=Decimal(tax))


def side(count: int, amount: str, void: int = 0) -> Side:
    """Return one side."""
    return Side(count, Decimal(amount), Decimal("0.00"), void)


def test_red_invoices_subtract_and_voided_ones_are_only_counted() -> None:
    rows = [total("positive", 3, "300.00"), total("negative", 1, "-50.00"), total("positive_void", 2, "99.00")]
    assert table_rules.net_sides(rows) == {KEY: side(4, "250.00", 2)}
    assert table_rules.net_sides([total("negative", 1, "50.00")]) == {KEY: side(1, "-50.00")}


@pytest.mark.parametrize(
    ("device", "declared", "agrees", "cause"),
    [
        (side(3, "300.00"), "300.00", True, ""),
        (side(3, "300.00"), "500.00", True, ""),
        (side(3, "300.00"), "299.00", True, ""),
        (side(3, "300.00"), "298.99", False, "漏报"),
        (side(4, "400.00"), "300.00", False, "台账没有"),
        (side(2, "200.00"), "300.00", False, "重新抄报"),
        (side(3, "300.00", 1), "300.00", False, "作废"),
        (side(3, "299.99"), "300.00", False, "逐张"),
    ],
)
def test_each_difference_has_a_likely_cause(device: Side, declared: str, agrees: bool, cause: str) -> None:
    ledger = {KEY: side(3, "300.00")}
    (row,) = table_rules.build_rows(Parties({KEY: device}, ledger, ledger, {KEY: Side(None, Decimal(declared))}))
    assert row.agrees is agrees
    assert cause in row.likely_cause
    assert table_rules.rows_from_json(table_rules.table_to_json((row,))) == (row,)


def test_before_the_report_nothing_agrees() -> None:
    (row,) = table_rules.build_rows(Parties(None, {KEY: side(1, "1.00")}, {KEY: side(1, "1.00")}, None))
    assert not row.agrees
    assert "还没有抄报" in row.likely_cause


def facts(month: int, *, quarterly: bool = False, today: date | None = None) -> type_rules.TypeFacts:
    """Return a month of 2026, looked at on the 5th of the next."""
    period = TaxPeriod.month(2026, month)
    next_month = period.next()
    day = today or next_month.start.replace(day=5)
    return type_rules.TypeFacts(period, quarterly, next_month.start.replace(day=16), day)


@pytest.mark.parametrize(
    ("given", "suggested", "possible"),
    [
        (facts(10), ClearKind.MONTHLY, {ClearKind.MONTHLY}),
        (facts(12), ClearKind.MONTHLY, {ClearKind.MONTHLY, ClearKind.ANNUAL}),
        (facts(10, quarterly=True), ClearKind.MONTHLY, {ClearKind.MONTHLY}),
        (facts(9, quarterly=True), ClearKind.QUARTERLY, {ClearKind.QUARTERLY}),
        (facts(12, quarterly=True), ClearKind.QUARTERLY, {ClearKind.QUARTERLY, ClearKind.ANNUAL}),
        (facts(10, today=date(2026, 11, 17)), ClearKind.SPECIAL, {ClearKind.SPECIAL}),
    ],
)
def test_types_by_month_and_filer(given: type_rules.TypeFacts, suggested: str, possible: set[str]) -> None:
    options = type_rules.type_options(given)
    assert [each.kind for each in options if each.is_suggested] == [suggested]
    assert {each.kind for each in options if each.is_possible} == possible
    assert all(each.why_not for each in options if not each.is_possible)
    assert all(each.reason for each in options if each.is_suggested)


def test_only_an_overdue_disk_is_served_as_special() -> None:
    overdue = facts(10, today=date(2026, 11, 17))
    special = next(each for each in type_rules.type_options(overdue) if each.kind == ClearKind.SPECIAL)
    assert [value for value, _ in special.sub_reasons] == [SpecialReason.OVERDUE]
    assert "网上暂不受理" in type_rules.why_not_reason(SpecialReason.REPLACE, overdue)


SENT = SentClear(command_id="c1", expected_counter=4, report_digest="r1")


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        (DiskWord(5, "c1", "r1", 5), Verdict.RAN),
        (DiskWord(4), Verdict.NEVER_RAN),
        (DiskWord(4, "older", "r0", 4), Verdict.NEVER_RAN),
        (DiskWord(5), Verdict.INCONSISTENT),
        (DiskWord(5, "other", "r1", 5), Verdict.INCONSISTENT),
        (DiskWord(6, "c1", "r1", 5), Verdict.INCONSISTENT),
        (DiskWord(4, "c1", "r1", 5), Verdict.INCONSISTENT),
        (DiskWord(5, "c1", "r9", 5), Verdict.INCONSISTENT),
        (DiskWord(3), Verdict.INCONSISTENT),
    ],
)
def test_counter_and_receipt_decide_together(word: DiskWord, verdict: Verdict) -> None:
    assert judge(SENT, word) is verdict
