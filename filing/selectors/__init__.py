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
)
from filing.selectors.comparisons import get_comparison, latest_comparison, list_comparisons
from filing.selectors.returns import (
    DueReturn,
    due_returns,
    find_payment,
    find_return,
    get_return,
    is_settled,
    list_returns,
    return_period,
)

__all__ = [
    "CalendarDay",
    "Deadline",
    "DueReturn",
    "coming_deadlines",
    "deadline_for",
    "due_returns",
    "find_payment",
    "find_return",
    "get_comparison",
    "get_return",
    "is_settled",
    "latest_comparison",
    "list_comparisons",
    "list_returns",
    "month_table",
    "return_period",
    "season_deadline",
    "work_calendar",
    "workday_after",
]
