"""Reads of filing."""

from __future__ import annotations

from filing.selectors.calendar import (
    CalendarDay,
    Deadline,
    coming_deadlines,
    deadline_for,
    month_table,
    season_deadline,
    work_calendar,
    workday_after,
    workday_back,
)
from filing.selectors.comparison_facts import comparison_facts, preview_comparison
from filing.selectors.comparisons import get_comparison, latest_comparison, list_comparisons
from filing.selectors.differences import find_differences, find_odd_invoices, list_cell_invoices
from filing.selectors.inputs import (
    check_vouchers,
    counted_vouchers,
    find_counting_period,
    get_transfer,
    input_sums,
    list_transfers,
    list_vouchers,
)
from filing.selectors.policies import policy_values, tolerances_on
from filing.selectors.returns import (
    DueReturn,
    OtherReturn,
    due_returns,
    find_correction,
    find_payment,
    find_return,
    form_title,
    get_return,
    is_settled,
    list_returns,
    other_returns,
    return_period,
    standing_receipt,
)
from filing.selectors.sheets import (
    DeclaredRow,
    current_sheet,
    declared_kind,
    declared_rows,
    definition_of,
    is_nothing_sold,
    stored_entries,
)
from filing.selectors.waivers import find_exception, with_waivers

__all__ = [
    "CalendarDay",
    "Deadline",
    "DeclaredRow",
    "DueReturn",
    "OtherReturn",
    "check_vouchers",
    "coming_deadlines",
    "comparison_facts",
    "counted_vouchers",
    "current_sheet",
    "deadline_for",
    "declared_kind",
    "declared_rows",
    "definition_of",
    "due_returns",
    "find_correction",
    "find_counting_period",
    "find_differences",
    "find_exception",
    "find_odd_invoices",
    "find_payment",
    "find_return",
    "form_title",
    "get_comparison",
    "get_return",
    "get_transfer",
    "input_sums",
    "is_nothing_sold",
    "is_settled",
    "latest_comparison",
    "list_cell_invoices",
    "list_comparisons",
    "list_returns",
    "list_transfers",
    "list_vouchers",
    "month_table",
    "other_returns",
    "policy_values",
    "preview_comparison",
    "return_period",
    "season_deadline",
    "standing_receipt",
    "stored_entries",
    "tolerances_on",
    "with_waivers",
    "work_calendar",
    "workday_after",
    "workday_back",
]
