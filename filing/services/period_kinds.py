"""Changing between filing by month and by quarter: asked by the company or an officer, decided by an officer."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.choices import ChangeState, PeriodKind, TaxpayerKind
from accounts.models import Taxpayer, User
from filing import policies, selectors
from filing.models import PeriodKindChange
from filing.services.second_person import asked_by, decide, is_settled_so, lock_asked, require_words
from taxhall.common import clock
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require


@transaction.atomic
def ask_period_kind_change(
    *, actor: User, taxpayer: Taxpayer, to_kind: str, starts_on: date, reason: str
) -> PeriodKindChange:
    """Ask to file by month or by quarter from the start of a coming quarter on.

    Rule: by quarter only small-scale taxpayers (826号令 art. 43); what was chosen holds for an accounting year
    (公告2026年第4号). The same asked again gives the application that waits.
    Raises: NotPermittedError; InvalidInputError; ConflictError.
    """
    taxpayer = Taxpayer.objects.select_for_update(of=("self",)).select_related("bureau").get(pk=taxpayer.pk)
    require(policies.can_ask_period_kind(actor, taxpayer), _("您的身份不能为这家企业申请变更申报周期。"))
    require_words(reason=reason)
    standing = PeriodKindChange.objects.filter(taxpayer=taxpayer, state=ChangeState.ASKED).first()
    if standing is not None:
        if (standing.to_kind, standing.starts_on) == (to_kind, starts_on):
            return standing
        raise ConflictError(_("已有一项申报周期变更等待处理，没有另外提出。"), code="filing.change_waits")
    if starts_on <= clock.today():
        raise _wrong_day(_("须从以后的季度开始，请选择列出的日期"))
    _require_possible(taxpayer, to_kind, starts_on)
    change = PeriodKindChange.objects.create(
        taxpayer=taxpayer,
        from_kind=selectors.period_kinds(taxpayer).on(starts_on),
        to_kind=to_kind,
        starts_on=starts_on,
        reason=reason.strip(),
        **asked_by(actor),
    )
    _record(change, actor, "period_kind_asked")
    return change


@transaction.atomic
def agree_period_kind_change(*, actor: User, change: PeriodKindChange) -> PeriodKindChange:
    """Agree: from the day on, other periods are due; the company is told once.

    Rule: a reviewer or approver over the company, without a role in it, and not who asked; before a month of the
    new kind has ended. Raises: NotPermittedError; ConflictError.
    """
    change = _lock(actor, change)
    if is_settled_so(change, actor, ChangeState.AGREED):
        return change
    if clock.today() > selectors.first_month_end(change.starts_on):
        raise ConflictError(
            _("开始日期已过，没有生效。"), code="filing.change_stale", next_step=_("请不同意这一项，另行申请。")
        )
    if change.is_asked:
        _require_possible(change.taxpayer, change.to_kind, change.starts_on)
    decide(change, actor, ChangeState.AGREED)
    _record(change, actor, "period_kind_agreed")
    _tell(change, _("申报周期变更已同意"), _period_words(change))
    return change


@transaction.atomic
def refuse_period_kind_change(*, actor: User, change: PeriodKindChange) -> PeriodKindChange:
    """Refuse: the same periods stay due, and the company is told once. Refusing twice changes nothing.

    Raises: NotPermittedError; ConflictError once agreed.
    """
    change = _lock(actor, change)
    if not is_settled_so(change, actor, ChangeState.REFUSED):
        decide(change, actor, ChangeState.REFUSED)
        _record(change, actor, "period_kind_refused")
        body = _("申报周期没有变化，仍为%(kind)s。") % {"kind": change.get_from_kind_display()}
        _tell(change, _("申报周期变更未同意"), body)
    return change


def apply_period_kinds() -> int:
    """Write agreed changes whose day has come into the companies' register; return how many."""
    due = PeriodKindChange.objects.filter(
        state=ChangeState.AGREED, applied_at__isnull=True, starts_on__lte=clock.today()
    )
    return sum(_apply(pk) for pk in due.order_by("starts_on").values_list("pk", flat=True))


@transaction.atomic
def _apply(pk: int) -> int:
    change = PeriodKindChange.objects.select_for_update(skip_locked=True).filter(pk=pk, applied_at__isnull=True).first()
    if change is None:
        return 0
    account_services.set_period_kind(taxpayer_id=change.taxpayer_id, kind=change.to_kind)
    change.applied_at = clock.now()
    change.save(update_fields=["applied_at"])
    return 1


def _lock(actor: User, change: PeriodKindChange) -> PeriodKindChange:
    # The company first: two changes of it must not pass each other.
    taxpayers = Taxpayer.objects.select_for_update(of=("self",)).select_related("bureau")
    taxpayer = taxpayers.get(pk=change.taxpayer_id)
    change = lock_asked(change)
    change.taxpayer = taxpayer
    why_not = _("只有主管税务机关的审核岗、审批岗可以处理，本人任职的企业除外。")
    require(policies.can_decide_period_kind(actor, taxpayer), why_not)
    return change


def _require_possible(taxpayer: Taxpayer, to_kind: str, starts_on: date) -> None:
    if to_kind not in PeriodKind.values:
        raise InvalidInputError(_("没有提出。"), fields={"to_kind": [_("请选择按月或按季")]})
    if starts_on != TaxPeriod.of_quarter(starts_on).start:
        raise _wrong_day(_("须从一个季度的第一天开始"))
    if to_kind == PeriodKind.QUARTERLY and taxpayer.kind != TaxpayerKind.SMALL_SCALE:
        raise ConflictError(_("只有小规模纳税人可以按季申报，申报周期没有改变。"), code="filing.quarterly_not_possible")
    if selectors.period_kinds(taxpayer).on(starts_on) == to_kind:
        raise ConflictError(_("届时已经是这种申报周期，没有改变。"), code="filing.change_is_none")
    agreed = PeriodKindChange.objects.filter(taxpayer=taxpayer, state=ChangeState.AGREED)
    if agreed.filter(starts_on__year=starts_on.year).exists() or agreed.filter(starts_on__gt=starts_on).exists():
        raise ConflictError(
            _("申报周期选定后一个会计年度内不变更，%(year)s 年已有变更。") % {"year": starts_on.year},
            code="filing.period_kind_settled",
            next_step=_("请从下一年度的季度开始。"),
        )


def _wrong_day(words: str) -> InvalidInputError:
    message = _("开始日期不对，没有提出。")
    return InvalidInputError(message, code="filing.period_kind_day", fields={"starts_on": [words]})


def _period_words(change: PeriodKindChange) -> str:
    is_monthly = change.to_kind == PeriodKind.MONTHLY
    first = TaxPeriod.of_month(change.starts_on) if is_monthly else TaxPeriod.of_quarter(change.starts_on)
    deadline = selectors.deadline_for(first, bureau=change.taxpayer.bureau)
    facts = {
        "day": change.starts_on,
        "kind": change.get_to_kind_display(),
        "period": first.label,
        "last": deadline.date,
    }
    return _("从 %(day)s 起%(kind)s，首个所属期 %(period)s，申报期限 %(last)s。税控设备仍须每月抄报、清卡。") % facts


def _tell(change: PeriodKindChange, title: str, body: str) -> None:
    account_services.send_notice(
        taxpayer=change.taxpayer,
        kind="filing",
        title=title,
        body=body,
        link=reverse("filing:period-kind"),
        dedupe_key=f"filing:period-kind:{change.pk}:{change.state}",
    )


def _record(change: PeriodKindChange, actor: User, act: str) -> None:
    data = {"from": change.from_kind, "to": change.to_kind, "starts_on": str(change.starts_on), "reason": change.reason}
    account_services.record_audit_event(
        actor=actor, action=f"filing.{act}", obj=change, taxpayer=change.taxpayer, data=data
    )
