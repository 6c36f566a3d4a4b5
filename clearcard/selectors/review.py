"""What the automatic review measures, and the officers' picture of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from clearcard import links, policies
from clearcard.choices import CaseStatus, ClearKind, MaterialKind
from clearcard.models import ClearCardCase
from clearcard.rules import review as review_rules
from clearcard.selectors.cases import officer_actions
from clearcard.selectors.facts import FilingState, filing_state
from clearcard.selectors.materials import missing_materials, submitted_materials
from clearcard.selectors.progress import timeline
from clearcard.selectors.three_way import table_from_snapshot, three_way
from clearcard.shapes import Change, ReviewFacts, ReviewPicture, ThreeWay, ThreeWayRow
from devices.choices import DeviceStatus
from invoicing import selectors as invoicing_selectors


def review_facts(case: ClearCardCase) -> ReviewFacts:
    """Read everything the review rules look at, once."""
    table = three_way(case)
    filing = filing_state(taxpayer=case.taxpayer, month=case.period)
    blockers = invoicing_selectors.unissued_blockers(device=case.device, period=case.period)
    return ReviewFacts(
        kind=case.kind,
        period_label=case.period.label,
        credit_grade=case.taxpayer.credit_grade,
        taxpayer_status=case.taxpayer.status,
        explanation=case.explanation,
        is_overdue=case.is_overdue,
        has_report=table.has_report,
        table_agrees=table.agrees,
        differences=tuple(_row_words(row) for row in table.different_rows),
        digest_unchanged=table.digest == case.snapshot["reviewed"]["table_digest"],
        return_due=filing.is_due,
        return_found=filing.is_filed,
        return_settled=filing.is_settled,
        return_label=filing.label,
        comparison_found=filing.run is not None,
        comparison_agrees=filing.is_compared,
        comparison_blocking=bool(filing.run and filing.run.is_blocking),
        comparison_words=_comparison_words(filing),
        unfinished_invoices=blockers.total,
        device_active=case.device.status == DeviceStatus.ACTIVE,
        taxpayer_matches=case.device.taxpayer_id == case.taxpayer_id,
        missing_materials=tuple(str(each.label) for each in missing_materials(case)),
        links=_links(case, filing),
    )


def _row_words(row: ThreeWayRow) -> str:
    return _("%(kind)s %(rate)s：%(cause)s") % {
        "kind": row.kind_label,
        "rate": row.rate_label,
        "cause": row.likely_cause,
    }


def _comparison_words(filing: FilingState) -> str:
    if filing.run is None:
        return _("还没有比对结果")
    if filing.is_compared:
        return str(filing.run.get_outcome_display())
    failed = [each.title for each in filing.run.results.all() if each.outcome == "fail"]
    return _("比对不符：%(rules)s") % {"rules": "、".join(failed)}


def _links(case: ClearCardCase, filing: FilingState) -> dict[str, str]:
    found = {"invoices": links.invoices_link(case.device, case.period.code)}
    if filing.tax_return is not None:
        found["return"] = links.return_link(filing.tax_return.pk)
    if filing.run is not None:
        found["comparison"] = links.comparison_link(filing.run.pk)
    return found


def review_picture(case: ClearCardCase, *, actor: User) -> ReviewPicture:
    """Return everything a decision needs, as submitted and as it is now."""
    submitted, current = table_from_snapshot(case, case.snapshot["three_way"]), three_way(case)
    return ReviewPicture(
        case=case,
        snapshot=case.snapshot,
        submitted=submitted,
        current=current,
        has_moved=submitted.digest != current.digest,
        results=tuple(case.review_results.filter(round=case.round)),
        materials=tuple(submitted_materials(case)),
        changes=_changes(case, submitted),
        timeline=timeline(case, for_officer=True),
        notes=tuple(case.notes.select_related("author")),
        actions=officer_actions(case, actor),
        why_no_form=_why_no_form(case, actor),
        needs_second_officer=review_rules.needs_second_officer(case.kind),
    )


def _why_no_form(case: ClearCardCase, actor: User) -> str:
    if reason := policies.why_not_approve(actor, case):
        return reason
    if policies.is_open_for_decision(case):
        return ""
    if case.status in (CaseStatus.SUBMITTED, CaseStatus.REVIEWING):
        return _("系统正在自动核对，不需要人工处理。")
    return _("申请当前为“%(status)s”，没有需要您决定的事项。") % {"status": case.get_status_display()}


def _changes(case: ClearCardCase, submitted: ThreeWay) -> tuple[Change, ...]:
    """Return old against new of a resubmission, changed rows first; empty for a first hand-in."""
    previous = case.submissions.filter(round=case.round - 1).first()
    if previous is None:
        return ()
    before = _flat(previous.snapshot, table_from_snapshot(case, previous.snapshot["three_way"]))
    after = _flat(case.snapshot, submitted)
    found = [_change(name, before.get(name), after.get(name)) for name in {**before, **after}]
    return tuple(sorted(found, key=lambda each: each.word == _("同")))


def _change(name: str, old: str | None, new: str | None) -> Change:
    word = _("同") if old == new else _("增") if old is None else _("删") if new is None else _("改")
    return Change(field=name, label=name, word=word, old=old or "", new=new or "")


def _flat(snapshot: Mapping[str, Any], table: ThreeWay) -> dict[str, str]:
    form = snapshot["form"]
    kind = snapshot["kind"]
    flat = {
        _("清卡类型"): str(ClearKind(kind).label) if kind else "",
        _("开票金额"): form["invoiced_amount"],
        _("已申报金额"): form["declared_amount"],
        _("清卡日期"): form["clear_on"],
        _("情况说明"): form["explanation"],
        _("申报表"): snapshot["three_way"]["return_number"],
        _("设备抄报"): snapshot["three_way"]["report_digest"][:12],
    }
    for row in table.rows:
        for label, side in ((_("设备"), row.device), (_("台账"), row.ledger), (_("申报"), row.declared)):
            if side is not None:
                flat[f"{row.kind_label} {row.rate_label} {label}"] = f"{side.amount:,.2f}"
    for paper in snapshot["materials"]:
        flat[str(MaterialKind(paper["kind"]).label)] = f"{paper['name']} ({paper['sha256'][:8]})"
    return flat
