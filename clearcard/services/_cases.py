"""What every service of clearcard starts and ends with: the lock and the one line that moves a case."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from clearcard.choices import CaseAction
from clearcard.errors import CaseChangedError
from clearcard.models import CaseTransition, ClearCardCase
from clearcard.workflow import next_status


def lock_case(case: ClearCardCase | int, *related: str) -> ClearCardCase:
    """Return the case fresh and locked until the transaction ends; the first lock of every service.

    Who needs them reads the related rows with it; most steps of a clear do not.
    """
    pk = case.pk if isinstance(case, ClearCardCase) else case
    rows = ClearCardCase.objects.select_for_update(of=("self",))
    found: ClearCardCase = (rows.select_related(*related) if related else rows).get(pk=pk)
    return found


def move_case(
    case: ClearCardCase, action: CaseAction, *, actor: User | None, note: str = "", **changes: Any
) -> ClearCardCase:
    """Move a locked case along the workflow; the only place that assigns `status`.

    Rule: status, transition row and audit row are one transaction (trust.md I7).
    Raises: TransitionNotAllowedError.
    """
    source = case.status
    target = next_status(source, action)
    for name, value in changes.items():
        setattr(case, name, value)
    case.status = target
    case.version += 1
    case.save(update_fields=["status", "version", "updated_at", *changes])
    CaseTransition.objects.create(
        case=case,
        sequence=case.transitions.count() + 1,
        source=source,
        target=target,
        action=action,
        actor=actor,
        note=note,
    )
    record(case, action=f"case_{action.value}", actor=actor, data={"from": source, "to": target.value, "note": note})
    return case


def change_case(case: ClearCardCase, *, actor: User | None, what: str, **changes: Any) -> ClearCardCase:
    """Write content of a locked case without moving it, with version and audit row."""
    for name, value in changes.items():
        setattr(case, name, value)
    case.version += 1
    case.save(update_fields=["version", "updated_at", *changes])
    record(case, action=what, actor=actor, data={"fields": sorted(changes)})
    return case


def record(case: ClearCardCase, *, action: str, actor: User | None, data: dict[str, Any]) -> None:
    """Write the audit row of what just happened to the case."""
    account_services.record_audit_event(
        actor=actor,
        action=f"clearcard.{action}",
        obj=case,
        taxpayer_id=case.taxpayer_id,
        data={"case": case.number, "version": case.version, **data},
    )


def require_version(case: ClearCardCase, *, version: int, digest: str) -> None:
    """Refuse a decision taken over something else than what is stored now.

    Raises: CaseChangedError, saying what changed.
    """
    if digest != case.snapshot_digest:
        raise CaseChangedError(
            _("申请内容在您打开之后重新提交过，您看到的已不是最新内容，本次决定没有保存。"),
            next_step=_("请核对最新内容后再作决定。"),
        )
    if version != case.version:
        last = case.transitions.last()
        words = last.get_action_display() if last else case.get_status_display()
        who = str(last.actor) if last and last.actor else _("系统")
        raise CaseChangedError(
            _("申请在您打开之后有了变化（最近一步：%(who)s %(words)s），本次决定没有保存。")
            % {"who": who, "words": words},
            next_step=_("请核对最新情况后再作决定。"),
        )
