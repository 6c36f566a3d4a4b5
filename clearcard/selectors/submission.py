"""What is prefilled, what is missing, and the snapshot of a hand-in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from clearcard.models import ClearCardCase, Material
from clearcard.rules import types as type_rules
from clearcard.selectors.materials import missing_materials, ready_materials, unproved_materials
from clearcard.selectors.preparation import preparation_checks
from clearcard.selectors.three_way import table_snapshot, three_way
from clearcard.shapes import CaseForm, Prefill
from taxhall.common import clock
from taxhall.common.money import ZERO


def default_form(case: ClearCardCase) -> CaseForm:
    """Return what the hall knows: the disk's amount (the ledger's before the report) and the declared one."""
    table = three_way(case)
    invoiced = table.device_total or table.ledger_total
    declared = table.declared_total.amount if table.declared_total else ZERO
    return CaseForm(invoiced_amount=invoiced.amount, declared_amount=declared, clear_on=clock.today())


def prefill(case: ClearCardCase) -> tuple[Prefill, ...]:
    """Return the values of the fill page and where each comes from; what was saved before wins."""
    known, table = default_form(case), three_way(case)
    from_disk = _("设备抄报") if table.device_total else _("系统台账")
    from_return = _("本月没有申报表")
    if table.return_number:
        from_return = _("申报表 %(n)s（%(p)s）") % {"n": table.return_number, "p": table.return_period_label}
    saved = case.clear_on is not None
    return (
        Prefill("period", _("所属期"), case.period.label, _("设备")),
        Prefill("invoiced_amount", _("开票金额"), case.invoiced_amount if saved else known.invoiced_amount, from_disk),
        Prefill(
            "declared_amount", _("已申报金额"), case.declared_amount if saved else known.declared_amount, from_return
        ),
        Prefill("clear_on", _("清卡日期"), case.clear_on or known.clear_on, _("系统日期")),
        Prefill("explanation", _("情况说明"), case.explanation, ""),
    )


def missing_before_submit(case: ClearCardCase, *, actor: User) -> dict[str, list[str]]:
    """Return what keeps the case from being handed in, by place, in words; empty when nothing does."""
    missing: dict[str, list[str]] = {}
    for check in preparation_checks(device=case.device, case=case, actor=actor):
        if check.stops:
            missing[check.code] = [f"{check.title}：{check.measured}。"]
    if not case.kind:
        missing["kind"] = [_("还没有选择清卡类型。")]
    if not case.confirmed_digest:
        missing["invoices"] = [_("还没有核对开票信息。")]
    elif case.confirmed_digest != three_way(case).digest:
        missing["invoices"] = [_("核对之后数据有了变化，请重新核对开票信息。")]
    if case.clear_on is None:
        missing["fill"] = [_("还没有确认所属期、开票金额和已申报金额。")]
    elif words := type_rules.why_not_without_words(case.kind, case.explanation):
        missing["explanation"] = [words]
    for kind in missing_materials(case):
        missing[f"material:{kind.value}"] = [_("缺少%(paper)s。") % {"paper": kind.label}]
    for paper in unproved_materials(case):
        missing[f"material:{paper.kind}"] = [_not_clean(paper)]
    return missing


def _not_clean(paper: Material) -> str:
    words = {"paper": paper.get_kind_display(), "finding": paper.scan.finding}
    if paper.scan.is_infected:
        return _("%(paper)s的文件里发现病毒（%(finding)s），请换一份干净的文件。") % words
    if paper.scan.is_too_large:
        cause = {"cause": paper.scan.limit_cause, "step": paper.scan.limit_step}
        return _("%(paper)s没有做完病毒检查：%(cause)s。%(step)s") % (words | cause)
    return _("%(paper)s还在做病毒检查，通过后才能提交，不用重新上传。") % words


def build_snapshot(case: ClearCardCase, *, actor: User) -> dict[str, Any]:
    """Return exactly what is handed in; its digest is what officers approve (S-12)."""
    table = three_way(case)
    return {
        "number": case.number,
        "taxpayer": case.taxpayer.number,
        "device": case.device.serial,
        "period": case.period.code,
        "kind": case.kind,
        "special_reason": case.special_reason,
        "round": case.round + 1,
        "three_way": table_snapshot(table),
        "form": {
            "invoiced_amount": str(case.invoiced_amount),
            "declared_amount": str(case.declared_amount),
            "clear_on": str(case.clear_on),
            "explanation": case.explanation,
        },
        "checks": [
            {"code": each.code, "title": each.title, "outcome": each.outcome.value, "measured": each.measured}
            for each in preparation_checks(device=case.device, case=case, actor=actor)
        ],
        "materials": [
            {"kind": each.kind, "sha256": each.sha256, "name": each.original_name} for each in ready_materials(case)
        ],
        "reviewed": {
            "report_digest": table.report_digest,
            "report_counter": table.report_counter,
            "clear_counter": case.device.clear_counter,
            "table_digest": table.digest,
        },
    }
