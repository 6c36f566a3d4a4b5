"""A comparison that blocks: handed to the exception post, lifted or refused there."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.choices import Post
from accounts.models import Taxpayer, User
from filing import policies, selectors
from filing.choices import ExceptionState, RuleOutcome
from filing.errors import ExceptionNotPossibleError
from filing.models import ComparisonException, ComparisonResult, ComparisonRun
from filing.rules.comparison import ALWAYS_HELD
from filing.services.comparisons import compare_period
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

# The law leaves the time to the bureau (税总发〔2017〕124号); this is the hall's own, in working days.
HANDLING_WORKDAYS = 5


@transaction.atomic
def hand_over_comparison(*, actor: User, run: ComparisonRun, explanation: str) -> ComparisonException:
    """Hand a blocking comparison to the exception post (异常转办); the open one is returned when there is one.

    Rule: 税总发〔2017〕124号; not for a return that is missing or unpaid.
    Raises: NotPermittedError; ExceptionNotPossibleError; InvalidInputError.
    """
    taxpayer = Taxpayer.objects.select_for_update(of=("self",)).get(pk=run.taxpayer_id)
    require(policies.can_start_return(actor, taxpayer), _("您在这家企业的身份不能提交异常转办。"))
    compared = {"taxpayer": taxpayer, "compared_start": run.compared_start, "compared_end": run.compared_end}
    standing = ComparisonException.objects.filter(**compared, state=ExceptionState.OPEN).first()
    if standing is not None:
        return standing
    failed = {each.rule_code: each for each in _blocking(run)}
    _require_latest(run)
    if obstacle := hand_over_obstacle(run):
        raise ExceptionNotPossibleError(
            _("%(obstacle)s本次没有提交转办。") % {"obstacle": obstacle},
            next_step=_("请按比对表的“处理”一栏先行办理。"),
        )
    if not explanation.strip():
        raise InvalidInputError(_("没有填写说明，没有提交。"), fields={"explanation": [_("请说明不符的原因")]})
    row = ComparisonException.objects.create(
        **compared, run=run, submitted_by=actor, explanation=explanation.strip()[:500],
        differences={code: str(each.difference) for code, each in failed.items()},
        due_on=selectors.workday_after(clock.today(), HANDLING_WORKDAYS),
    )  # fmt: skip
    account_services.record_audit_event(
        actor=actor, action="filing.comparison_handed_over", obj=row, taxpayer=taxpayer, data=row.differences
    )
    _tell_post(row)
    return row


def hand_over_obstacle(run: ComparisonRun) -> str:
    """Return what stands against handing a comparison over, in words; empty when nothing does."""
    failed = [each.rule_code for each in _blocking(run)]
    if not failed:
        return _("这次比对没有需要异常处理岗处理的不符项。")
    if held := [code for code in failed if code in ALWAYS_HELD]:
        return _("%(rules)s 不符，须先处理并重新比对，才能转办。") % {"rules": "、".join(held)}
    return ""


def _blocking(run: ComparisonRun) -> QuerySet[ComparisonResult]:
    return run.results.filter(outcome=RuleOutcome.FAILED, blocking=True, waived="")


def _require_latest(run: ComparisonRun) -> None:
    latest = selectors.latest_comparison(taxpayer=run.taxpayer, period=run.period)
    if latest is None or latest.pk != run.pk:
        raise ExceptionNotPossibleError(
            _("这不是最近一次比对，没有提交转办。"), next_step=_("请按最近一次比对的结果办理。")
        )


@transaction.atomic
def decide_exception(
    *, actor: User, exception: ComparisonException, is_lifted: bool, decision: str
) -> ComparisonException:
    """Lift an exception or refuse to (解除异常); lifting compares anew, so that the disk may be cleared.

    Rule: only the exception post of the district, and never somebody of the company itself.
    Raises: NotPermittedError; ExceptionNotPossibleError; InvalidInputError.
    """
    row = (
        ComparisonException.objects.select_for_update(of=("self",))
        .select_related("taxpayer__bureau", "run")
        .get(pk=exception.pk)
    )
    require(policies.can_decide_exception(actor, row), _("只有主管税务机关的申报异常处理岗可以处理。"))
    if row.state != ExceptionState.OPEN:
        raise ExceptionNotPossibleError(_("这笔异常已经处理过，本次没有改动。"), next_step=_("请查看已有的处理意见。"))
    if not decision.strip():
        raise InvalidInputError(_("没有填写处理意见，没有保存。"), fields={"decision": [_("请填写处理意见")]})
    row.state = ExceptionState.LIFTED if is_lifted else ExceptionState.REFUSED
    row.decision, row.decided_by, row.decided_at = decision.strip()[:200], actor, clock.now()
    row.save(update_fields=["state", "decision", "decided_by", "decided_at", "updated_at"])
    account_services.record_audit_event(
        actor=actor, action="filing.exception_decided", obj=row, taxpayer=row.taxpayer,
        data={"state": row.state, "decision": row.decision},
    )  # fmt: skip
    if is_lifted:
        compare_period(actor=None, taxpayer=row.taxpayer, month=row.run.period)
    _tell(row)
    return row


def _tell_post(row: ComparisonException) -> None:
    """Tell who may decide it; a holder of the post who serves the company, or handed it over, reads nothing of it."""
    holders = account_selectors.list_post_holders(post=Post.EXCEPTION, bureaus=[row.taxpayer.bureau])
    named = {"company": row.taxpayer.name, "period": row.compared.label}
    account_services.send_staff_notice(
        officers=[each for each in holders if policies.can_decide_exception(each, row)],
        kind="exception_asked",
        title=_("申报异常待您处理：%(company)s %(period)s") % named,
        body=_("请在 %(day)s 前处理。纳税人说明：%(words)s") % {"day": row.due_on, "words": row.explanation[:200]},
        link=reverse("admin:filing_comparisonexception_change", args=[row.pk]),
        dedupe_key=f"filing:exception:{row.pk}:asked",
    )


def _tell(row: ComparisonException) -> None:
    account_services.send_notice(
        taxpayer=row.taxpayer,
        kind="filing",
        title=_("申报异常%(state)s") % {"state": row.get_state_display()},
        body=_("处理意见：%(decision)s") % {"decision": row.decision},
        link=reverse("filing:comparison-detail", args=[row.run_id]),
        dedupe_key=f"filing:exception:{row.pk}",
    )
