"""Rows of the officers' desk and queue, ready to be shown: words instead of values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from clearcard import policies, selectors
from clearcard.choices import CaseStatus, Lane
from clearcard.models import ClearCardCase
from clearcard.shapes import StatusWords
from devices import selectors as device_selectors
from filing import policies as filing_policies
from filing import selectors as filing_selectors
from filing.choices import ExceptionState
from taxhall.common import clock

QUEUE_VIEWS = (
    ("open", gettext_lazy("待审核")),
    ("unclaimed", gettext_lazy("未认领")),
    ("mine", gettext_lazy("我认领的")),
    ("due", gettext_lazy("即将超时")),
    ("answered", gettext_lazy("补正后再交")),
    ("special", gettext_lazy("特殊复核")),
    ("exceptions", gettext_lazy("待核实与未成功")),
    ("done", gettext_lazy("我办理过的")),
)


def known_view(name: str) -> str:
    """Return the view that is asked for, or the whole queue for a name that no view has."""
    return name if name in dict(QUEUE_VIEWS) else "open"


def queue_views(officer: User) -> list[dict[str, Any]]:
    """Return the saved views of the queue with how many applications each holds."""
    return [
        {"key": key, "label": label, "count": selectors.officer_queue(visible_to=officer, view=key).count()}
        for key, label in QUEUE_VIEWS
    ]


def other_work(officer: User) -> list[dict[str, Any]]:
    """Return what waits outside the queue: requests about disks, and comparisons at the exception post.

    A comparison is counted for those it concerns: holders of the post always, a head when one waits.
    """
    requests = device_selectors.list_officer_requests(visible_to=officer).count()
    found = [{"label": _("设备申请待办"), "count": requests, "url": reverse("admin:disk-queue")}]
    exceptions = filing_selectors.waiting_exceptions(officer=officer).count()
    if exceptions or filing_policies.holds_exception_post(officer):
        listed = reverse("admin:filing_comparisonexception_changelist")
        url = f"{listed}?state__exact={ExceptionState.OPEN}"
        found.append({"label": _("申报异常待处理"), "count": exceptions, "url": url})
    return found


def queue_rows(cases: Iterable[ClearCardCase], officer: User) -> list[dict[str, Any]]:
    """Return one row per application: state in words, difference, waiting time, who has it and until when."""
    late_day, may_claim = selectors.late_submission_day(), policies.can_decide_cases(officer)
    return [
        {
            "case": case,
            "words": _words(case),
            "difference": difference_words(case),
            "waiting_words": waiting_words(case),
            "is_late": is_late(case, late_day),
            "claim": claim_of(case, officer),
            "may_claim": may_claim and policies.is_open_for_decision(case),
        }
        for case in cases
    ]


def _words(case: ClearCardCase) -> StatusWords:
    """Return tone and word; in the queue nobody reads the sentence, which would ask the calendar for every row."""
    if case.status == CaseStatus.REVIEWING and case.lane == Lane.OFFICER:
        return StatusWords("blue", _("待审核"), "", "")
    return selectors.status_words(case)


def difference_words(case: ClearCardCase) -> str:
    """Say how far disk, ledger and return were apart when the application was handed in."""
    rows = [row for row in case.snapshot.get("three_way", {}).get("rows", ()) if not row["agrees"]]
    if not rows:
        return ""
    on_disk = sum((Decimal(row["difference_amount"]) for row in rows), Decimal(0))
    declared = sum((Decimal(row["declared_difference"] or 0) for row in rows), Decimal(0))
    parts = [_("%(n)d 行不一致") % {"n": len(rows)}]
    if on_disk:
        parts.append(_("设备比台账 %(amount)s 元") % {"amount": f"{on_disk:+,.2f}"})
    if declared:
        parts.append(_("申报比开票 %(amount)s 元") % {"amount": f"{declared:+,.2f}"})
    return "，".join(parts)


def waiting_words(case: ClearCardCase) -> str:
    """Say how long the taxpayer has been waiting; empty once decided."""
    if case.submitted_at is None or case.decided_at is not None:
        return ""
    hours = int((clock.now() - case.submitted_at).total_seconds() // 3600)
    if hours < 1:
        return _("等待不到 1 小时")
    if hours < 24:
        return _("等待 %(hours)s 小时") % {"hours": hours}
    return _("等待 %(days)s 天") % {"days": hours // 24}


def is_late(case: ClearCardCase, late_day: date) -> bool:
    """Say whether the promised working days have passed without a decision."""
    if case.submitted_at is None or case.decided_at is not None:
        return False
    return timezone.localdate(case.submitted_at) <= late_day


def claimed_words(claim: dict[str, Any]) -> str:
    """Say who holds the application."""
    return _("%(who)s 已认领") % {"who": claim["who"]}


def claim_of(case: ClearCardCase, officer: User) -> dict[str, Any] | None:
    """Return who holds the application and until when; None when nobody does, or no longer."""
    if case.claimed_by is None or case.claimed_until is None or case.claimed_until <= timezone.now():
        return None
    return {"who": str(case.claimed_by), "until": case.claimed_until, "is_mine": case.claimed_by_id == officer.pk}
