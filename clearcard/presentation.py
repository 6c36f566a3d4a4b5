"""Rows of the officers' pages, ready to be shown: words instead of values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from clearcard import selectors
from clearcard.choices import ClearKind
from clearcard.models import ClearCardCase
from clearcard.shapes import ReviewPicture
from filing import selectors as filing_selectors
from taxhall.common import clock

# An application that went to an officer is decided within this many working days.
DECISION_WORKDAYS = 3
QUEUE_VIEWS = (
    ("open", _("待审核")),
    ("unclaimed", _("未认领")),
    ("mine", _("我认领的")),
    ("special", _("特殊复核")),
    ("exceptions", _("待核实与转人工")),
    ("done", _("已办")),
)


def queue_views(officer: User) -> list[dict[str, Any]]:
    """Return the saved views of the queue with how many applications each holds."""
    return [
        {"key": key, "label": label, "count": selectors.officer_queue(visible_to=officer, view=key).count()}
        for key, label in QUEUE_VIEWS
    ]


def queue_rows(cases: Iterable[ClearCardCase]) -> list[dict[str, Any]]:
    """Return one row per application: state in words, waiting time, who has it."""
    return [
        {
            "case": case,
            "words": selectors.status_words(case),
            "waiting_words": waiting_words(case),
            "is_late": is_late(case),
            "claimed_by": _claimer(case),
        }
        for case in cases
    ]


def waiting_words(case: ClearCardCase) -> str:
    """Say how long the taxpayer has been waiting; empty once decided."""
    if case.submitted_at is None or case.decided_at is not None:
        return ""
    hours = int((clock.now() - case.submitted_at).total_seconds() // 3600)
    if hours < 24:
        return _("等待 %(hours)s 小时") % {"hours": max(0, hours)}
    return _("等待 %(days)s 天") % {"days": hours // 24}


def is_late(case: ClearCardCase) -> bool:
    """Say whether the promised working days have passed without a decision."""
    if case.submitted_at is None or case.decided_at is not None:
        return False
    due = filing_selectors.workday_after(timezone.localdate(case.submitted_at), DECISION_WORKDAYS)
    return clock.today() > due


def submitted_rows(picture: ReviewPicture) -> list[dict[str, Any]]:
    """Return the application as the taxpayer handed it in, as rows of a summary list."""
    form = picture.snapshot.get("form", {})
    kind = picture.snapshot.get("kind", "")
    return [
        {"key": _("清卡类型"), "value": ClearKind(kind).label if kind else ""},
        {"key": _("所属期"), "value": picture.case.period.label},
        {"key": _("开票金额"), "value": form.get("invoiced_amount", "")},
        {"key": _("已申报金额"), "value": form.get("declared_amount", "")},
        {"key": _("清卡日期"), "value": form.get("clear_on", "")},
        {"key": _("情况说明"), "value": form.get("explanation", "")},
        {"key": _("提交人"), "value": str(picture.case.submitted_by)},
    ]


def _claimer(case: ClearCardCase) -> str:
    running = case.claimed_until is not None and case.claimed_until > timezone.now()
    return str(case.claimed_by) if running else ""
