"""Rows of the officers' review page: the application as it was handed in, the checks, the decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from clearcard.choices import RETURNABLE, CaseAction, CaseStatus, ClearKind, RejectReason, ReviewOutcome, SpecialReason
from clearcard.models import ClearCardCase, ReviewResult
from clearcard.rules.review import DEMANDS
from clearcard.selectors.cases import OFFICER_ACTIONS
from clearcard.selectors.certificate import update_way
from clearcard.shapes import ReviewPicture, ThreeWayRow
from taxhall.common.money import in_capitals
from taxhall.common.templatetags.hall import day, moment

_TONES = {ReviewOutcome.PASS: "ok", ReviewOutcome.FAIL: "red", ReviewOutcome.NEEDS_PERSON: "amber"}
# Where on the page the figures or words of a rule are shown.
_PLACES = {
    "content_unchanged": ("#differences", gettext_lazy("看三方比对")),
    "report_present": ("#differences", gettext_lazy("看三方比对")),
    "tables_agree": ("#differences", gettext_lazy("看三方比对")),
    "kind_allows": ("#submitted", gettext_lazy("看申请内容")),
    "in_time": ("#submitted", gettext_lazy("看申请内容")),
    "nothing_to_explain": ("#submitted", gettext_lazy("看申请内容")),
    "materials_complete": ("#papers", gettext_lazy("看材料")),
}
# The record of the console that shows what a taxpayer's page shows.
_RECORDS = {
    "filing:return-detail": ("admin:filing_taxreturn_change", gettext_lazy("看申报表")),
    "filing:comparison-detail": ("admin:filing_comparisonrun_change", gettext_lazy("看比对结果")),
}


def submitted_rows(picture: ReviewPicture) -> list[dict[str, Any]]:
    """Return the application as the taxpayer handed it in, as rows of a summary list."""
    case, snapshot = picture.case, picture.snapshot
    form = snapshot.get("form", {})
    rows = [
        {"key": _("清卡类型"), "value": _kind(snapshot)},
        {"key": _("所属期"), "value": case.period.label},
        {"key": _("设备"), "value": str(case.device)},
        {"key": _("原锁死日期"), "value": day(case.old_cut_off)},
        _amount(_("开票金额"), form.get("invoiced_amount", "")),
        _amount(_("已申报金额"), form.get("declared_amount", "")),
        {"key": _("清卡日期"), "value": _day(form.get("clear_on", ""))},
        {"key": _("情况说明"), "value": form.get("explanation", "")},
        {"key": _("提交人"), "value": str(case.submitted_by), "note": _hand_in(case)},
    ]
    return [row for row in rows if row["value"] or row["key"] == _("情况说明")]


def _kind(snapshot: Any) -> str:
    kind, reason = snapshot.get("kind", ""), snapshot.get("special_reason", "")
    words = str(ClearKind(kind).label) if kind else ""
    return f"{words}（{SpecialReason(reason).label}）" if reason else words


def _amount(key: str, text: str) -> dict[str, Any]:
    amount = Decimal(text) if text and text != "None" else None
    if amount is None:
        return {"key": key, "value": ""}
    return {"key": key, "value": _("%(amount)s 元") % {"amount": f"{amount:,.2f}"}, "note": in_capitals(amount)}


def _day(text: str) -> str:
    return day(date.fromisoformat(text)) if text and text != "None" else ""


def _hand_in(case: ClearCardCase) -> str:
    return _("%(at)s，第 %(round)s 次提交") % {"at": moment(case.submitted_at), "round": case.round}


def check_rows(picture: ReviewPicture) -> dict[str, list[dict[str, Any]]]:
    """Return each check with its rule, what was measured, the result and its evidence; passed ones apart."""
    rows = [_check(result) for result in picture.results]
    return {
        "open": [row for row in rows if not row["passed"]],
        "passed": [row for row in rows if row["passed"]],
    }


def _check(result: ReviewResult) -> dict[str, Any]:
    url, label = _evidence(result)
    return {
        "title": result.title,
        "demand": DEMANDS.get(result.rule_code, ""),
        "measured": result.measured,
        "tone": _TONES[ReviewOutcome(result.outcome)],
        "word": result.get_outcome_display(),
        "passed": result.outcome == ReviewOutcome.PASS,
        "evidence_url": url,
        "evidence_label": label,
    }


def _evidence(result: ReviewResult) -> tuple[str, str]:
    """Return where the officer sees what the rule measured; the taxpayer's own pages are closed to officers."""
    if place := _PLACES.get(result.rule_code):
        return place[0], str(place[1])
    try:
        match = resolve(result.evidence_link)
    except Resolver404:
        return "", ""
    name, label = _RECORDS.get(match.view_name, ("", ""))
    return (reverse(name, args=[match.kwargs["pk"]]), str(label)) if name else ("", "")


def moved_rows(picture: ReviewPicture) -> list[ThreeWayRow]:
    """Return the rows of the table that are no longer what was handed in, as they are now."""
    before = {(row.kind, row.rate): row for row in picture.submitted.rows}
    return [row for row in picture.current.rows if row != before.get((row.kind, row.rate))]


def decision_rows(case: ClearCardCase) -> list[dict[str, Any]]:
    """Return what was decided, by whom and in which words; empty while the case waits for a decision."""
    if case.status in (CaseStatus.SUBMITTED, CaseStatus.REVIEWING):
        return []
    last = case.transitions.filter(action__in=OFFICER_ACTIONS).select_related("actor").last()
    if last is None:
        return []
    rows = [{"key": _("决定"), "value": str(last.get_action_display()), "note": moment(last.at)}]
    if case.first_reviewer:
        rows.append({"key": _("初审"), "value": str(case.first_reviewer), "note": case.first_opinion})
    rows.append({"key": _("经办"), "value": str(last.actor) if last.actor else _("系统（自动通道）")})
    if last.action == CaseAction.REJECT:
        rows.append({"key": _("驳回原因"), "value": str(RejectReason(case.reason_code).label)})
    if last.action == CaseAction.RETURN:
        rows += returned_rows(case.returned_items)
    if last.note:
        rows.append({"key": _("说明"), "value": last.note})
    if way := update_way(case):
        rows.append({"key": _("设备更新方式"), "value": way})
    return rows


def returned_rows(items: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the marked items in words."""
    labels = dict(RETURNABLE)
    return [{"key": str(labels.get(each["target"], _("申请内容"))), "value": each["words"]} for each in items]


def what_happened(case: ClearCardCase, officer: User) -> str:
    """Say in one sentence what became of the application since the officer looked: who did what, and when."""
    last = case.transitions.select_related("actor").last()
    if last is None:
        return ""
    facts = {
        "who": _("您") if last.actor == officer else str(last.actor) if last.actor else _("系统"),
        "at": f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}",
        "what": last.get_action_display(),
        "status": case.get_status_display(),
    }
    return _("最近一步：%(who)s 于 %(at)s “%(what)s”，申请现在为“%(status)s”。") % facts
