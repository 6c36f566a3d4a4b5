"""Why a special clear (特殊清卡) stops for a person: what happened, what is asked, what was decided."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from clearcard.choices import CaseAction, CaseStatus, ClearKind, SpecialReason
from clearcard.models import ClearCardCase
from clearcard.selectors.progress import expected_by, status_words
from clearcard.shapes import SpecialStory
from taxhall.common import clock
from taxhall.common.templatetags.hall import day, moment

_DECISIONS = (CaseAction.APPROVE, CaseAction.RETURN, CaseAction.REJECT)


def special_story(case: ClearCardCase) -> SpecialStory | None:
    """Return the three parts of the page; None for a clear that needs no person by its type (domain sheet 1.7)."""
    if case.kind != ClearKind.SPECIAL:
        return None
    return SpecialStory(happened=_happened(case), asked=_asked(case), decided=_decided(case))


def _happened(case: ClearCardCase) -> tuple[str, ...]:
    lock_date = case.old_cut_off or case.device.issue_allowed_until
    rows = [_("您选择了特殊清卡，原因：%(reason)s。") % {"reason": SpecialReason(case.special_reason).label}]
    if case.special_reason == SpecialReason.OVERDUE:
        until = timezone.localdate(case.submitted_at) if case.submitted_at else clock.today()
        facts = {"day": day(lock_date), "late": max((until - lock_date).days, 0), "period": case.period.label}
        rows.append(
            _("设备的锁死日期是 %(day)s，到提交时已过 %(late)s 天，%(period)s没有清卡，设备已停止开票。") % facts
        )
    rows.append(_("特殊清卡不走自动通道，由两名税务人员先后审核。审核通过之前不会改动设备。"))
    return tuple(rows)


def _asked(case: ClearCardCase) -> tuple[str, ...]:
    """Say what the taxpayer has to do now, and what the hall owes."""
    if case.is_editable:
        return (
            _("请先办完逾期的申报，并缴清税款和滞纳金、罚款；没有办完的，申请会被退回。"),
            _("请在“情况说明”里写明没有按期清卡的原因，并按要求上传材料。"),
            _("请不要拔出设备或到别处清卡；提交后在三个工作日内答复。"),
        )
    due = expected_by(case)
    if due is not None:
        words = _("现在不需要您操作，最迟 %(day)s 答复；决定之前可以撤回。") % {"day": due}
        return (words, _("税务人员要求补正的，会在消息里告诉您。"))
    return tuple(each for each in (status_words(case).next_step,) if each) or (_("现在不需要您操作。"),)


def _decided(case: ClearCardCase) -> tuple[str, ...]:
    """Tell the decisions in order; what the first of the two wrote stays hidden until the second has decided."""
    rows = []
    for step in case.transitions.filter(action__in=_DECISIONS).order_by("sequence"):
        facts = {"at": moment(step.at), "what": step.get_action_display(), "words": step.note}
        told = step.note and step.action != CaseAction.APPROVE
        rows.append(_("%(at)s %(what)s：%(words)s") % facts if told else _("%(at)s %(what)s。") % facts)
    if case.status == CaseStatus.REVIEWING and case.first_reviewer_id:
        rows.append(_("第一名税务人员已提出意见，等待第二名税务人员审批。"))
    elif case.status in (CaseStatus.SUBMITTED, CaseStatus.REVIEWING):
        rows.append(_("两名税务人员都还没有审核。"))
    elif case.status == CaseStatus.WITHDRAWN:
        rows.append(_("申请已撤回，不再审核。"))
    return tuple(rows) or (_("申请还没有提交，没有决定。"),)
