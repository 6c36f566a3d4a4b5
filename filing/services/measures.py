"""Whitelist (白名单) and measures about rules: one officer asks, another's word puts it in force, one lifts it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from filing import policies, signals
from filing.choices import MeasureKind, MeasureState
from filing.errors import MeasureNotPossibleError
from filing.models import ComparisonRun, RuleMeasure, WhitelistEntry
from filing.rules.comparison import ALWAYS_HELD, RULES
from filing.services.comparisons import compare_period
from filing.services.second_person import asked_by
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

Measure = WhitelistEntry | RuleMeasure


@transaction.atomic
def ask_whitelist_entry(
    *, actor: User, taxpayer: Taxpayer, rule_code: str, valid_from: date, reason: str, source: str,
    valid_to: date | None = None,
) -> WhitelistEntry:  # fmt: skip
    """Ask to let one rule not block a taxpayer within dates; nothing changes before another officer agrees.

    Raises: NotPermittedError; InvalidInputError; MeasureNotPossibleError where the same is registered already.
    """
    require(policies.can_keep_whitelist(actor, taxpayer), _("只有主管税务机关的申报异常处理岗可以登记白名单。"))
    values = _checked(rule_code, valid_from, valid_to, reason, source)
    row: WhitelistEntry = _create(WhitelistEntry, taxpayer=taxpayer, **asked_by(actor), **values)
    _audit(actor, "whitelist_asked", row, rule=rule_code, span=[str(valid_from), str(valid_to)], source=row.source)
    return row


@transaction.atomic
def ask_rule_measure(
    *, actor: User, kind: str, rule_code: str, valid_from: date, valid_to: date | None, reason: str, source: str,
    amount: Decimal | None = None,
) -> RuleMeasure:  # fmt: skip
    """Ask to put a rule off for everybody for a span, or to hold it to another tolerance (税总发〔2017〕124号).

    Raises: NotPermittedError; InvalidInputError; MeasureNotPossibleError where the same is registered already.
    """
    require(policies.can_keep_rules(actor), _("只有市局的申报异常处理岗或岗位负责人可以调整比对规则。"))
    values = _checked(rule_code, valid_from, valid_to, reason, source)
    wants_amount = kind == MeasureKind.TOLERANCE
    if kind not in MeasureKind.values or valid_to is None or (wants_amount and (amount is None or amount < 0)):
        words = {"valid_to": [_("请填写结束日期")]} if valid_to is None else {"amount": [_("请填写不小于零的容差")]}
        raise InvalidInputError(_("内容不完整，没有登记。"), fields=words)
    row: RuleMeasure = _create(
        RuleMeasure, kind=kind, amount=amount if wants_amount else None, **asked_by(actor), **values
    )
    _audit(actor, "rule_measure_asked", row, rule=rule_code, kind=kind, amount=str(row.amount), source=row.source)
    return row


def _checked(rule_code: str, valid_from: date, valid_to: date | None, reason: str, source: str) -> dict[str, Any]:
    wrong: dict[str, list[str]] = {}
    if rule_code not in {rule.code for rule in RULES} - ALWAYS_HELD:
        wrong["rule_code"] = [_("请选择比对规则")]
    if not reason.strip():
        wrong["reason"] = [_("请填写原因")]
    if not source.strip():
        wrong["source"] = [_("请填写依据的文件或事项编号")]
    if valid_to is not None and valid_to < valid_from:
        wrong["valid_to"] = [_("不能早于有效期起")]
    if wrong:
        raise InvalidInputError(_("内容不完整或不正确，没有登记。"), fields=wrong)
    return {
        "rule_code": rule_code, "valid_from": valid_from, "valid_to": valid_to,
        "reason": reason.strip()[:200], "source": source.strip()[:200],
    }  # fmt: skip


def _create(model: type[Any], **values: Any) -> Any:
    try:
        with transaction.atomic():
            return model.objects.create(**values)
    except IntegrityError as error:
        raise MeasureNotPossibleError(
            _("同一规则、同一起始日期已有登记，没有重复登记。"), next_step=_("请在列表中查看已有的登记。")
        ) from error


@transaction.atomic
def decide_measure(*, actor: User, measure: Measure, is_agreed: bool, decision: str = "") -> Measure:
    """Agree or refuse as the second officer; agreeing puts it in force. The same decision again changes nothing.

    Raises: NotPermittedError for the asker's person and who has no such post; MeasureNotPossibleError when decided.
    """
    row: Measure = _lock(measure)
    require(policies.can_decide_measure(actor, row), _("须由另一名有相应岗位的税务人员确认，登记人本人不能确认。"))
    goal = MeasureState.AGREED if is_agreed else MeasureState.REFUSED
    if row.state == goal and row.decided_by_id == actor.pk:
        return row
    if row.state != MeasureState.ASKED:
        raise MeasureNotPossibleError(_("这条登记已经处理过，本次没有改动。"), next_step=_("请查看处理记录。"))
    row.state, row.decision = goal, decision.strip()[:200]
    row.decided_by, row.decided_person, row.decided_at = actor, actor.person, clock.now()
    row.save(update_fields=["state", "decision", "decided_by", "decided_person", "decided_at", "updated_at"])
    _audit(actor, "measure_agreed" if is_agreed else "measure_refused", row, decision=row.decision)
    if is_agreed:
        _compare_anew(row)
    return row


@transaction.atomic
def lift_measure(*, actor: User, measure: Measure, reason: str) -> Measure:
    """End what is in force before its time; the comparison holds the rule again from now on.

    Rule: one officer is enough to return to the law. Raises: NotPermittedError; InvalidInputError;
    MeasureNotPossibleError when it is not in force.
    """
    row: Measure = _lock(measure)
    require(policies.can_keep_measure(actor, row), _("您的岗位不能解除这条登记。"))
    if row.state == MeasureState.LIFTED and row.lifted_by_id == actor.pk:
        return row
    if row.state != MeasureState.AGREED:
        raise MeasureNotPossibleError(_("这条登记现在没有生效，本次没有改动。"), next_step=_("请查看处理记录。"))
    if not reason.strip():
        raise InvalidInputError(_("没有填写解除原因，没有解除。"), fields={"reason": [_("请填写解除原因")]})
    row.state, row.lift_reason = MeasureState.LIFTED, reason.strip()[:200]
    row.lifted_by, row.lifted_at = actor, clock.now()
    row.save(update_fields=["state", "lift_reason", "lifted_by", "lifted_at", "updated_at"])
    _audit(actor, "measure_lifted", row, reason=row.lift_reason)
    _compare_anew(row)
    return row


def _lock(measure: Measure) -> Any:
    if isinstance(measure, WhitelistEntry):
        entries = WhitelistEntry.objects.select_for_update(of=("self",))
        return entries.select_related("taxpayer__bureau", "asked_by").get(pk=measure.pk)
    return RuleMeasure.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=measure.pk)


def _compare_anew(row: Measure) -> None:
    """Compare a company's last month again, so that the disk follows; tell of what concerns everybody.

    What still waits is found by the measures that were applied to it, so a lost signal costs time only.
    """
    if not isinstance(row, WhitelistEntry):
        transaction.on_commit(partial(signals.measure_changed.send, sender=RuleMeasure, measure=row))
        return
    last = ComparisonRun.objects.filter(taxpayer=row.taxpayer).select_related("tax_return").first()
    if last is not None and row.valid_from <= last.compared_end and (row.valid_to or date.max) >= last.compared_end:
        compare_period(actor=None, taxpayer=row.taxpayer, month=last.period)


def _audit(actor: User, act: str, row: Measure, **data: Any) -> None:
    taxpayer = row.taxpayer if isinstance(row, WhitelistEntry) else None
    account_services.record_audit_event(
        actor=actor, action=f"filing.{act}", obj=row, taxpayer=taxpayer, data={"state": row.state, **data}
    )
