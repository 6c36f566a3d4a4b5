"""Acting for a company outside the own post or district, in a stated emergency (紧急处置, S-17)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import policies, selectors
from accounts.models import EmergencyAccess, Taxpayer, User
from accounts.services.audit import record_audit_event
from accounts.services.notices import send_staff_notice
from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError
from taxhall.common.policies import require

MINUTES = (15, 30, 60)
SHORTEST_REASON = 10


@transaction.atomic
def open_emergency(*, actor: User, number: str, reason: str, minutes: int) -> EmergencyAccess:
    """Let an officer act for one company for a while, with a reason; the heads are told at once.

    Rule: only for a company that the own posts do not let one decide on; never for one's own company; one at a time
    for a company, so a repeat gives the one that lasts. Raises: NotPermittedError; ConflictError; InvalidInputError.
    """
    User.objects.select_for_update().get(pk=actor.pk)
    require(bool(selectors.list_posts(user=actor)), _("您没有有效的税务岗位，不能发起紧急处置。"))
    taxpayer, words = _checked(number, reason, minutes)
    why_not = _("您在这家企业任职，按回避规定不能办理它的事项，紧急处置也不例外。")
    require(not policies.serves_taxpayer(actor, taxpayer), why_not)
    now = timezone.now()
    running = EmergencyAccess.objects.in_force(now).filter(officer=actor, taxpayer=taxpayer).first()
    if running is not None:
        return running
    if policies.post_covers(actor, taxpayer.bureau, *policies.DECIDING_POSTS):
        words = _("这户纳税人在您的管辖范围内，按您的岗位就可以办理，没有发起紧急处置。")
        raise ConflictError(words, next_step=_("请从清卡审核进入。"))
    until = now + timedelta(minutes=minutes)
    access = EmergencyAccess.objects.create(
        officer=actor, officer_person=actor.person, taxpayer=taxpayer, reason=words, opened_at=now, lasts_until=until
    )
    _record(access, actor, "emergency_opened", {"reason": words, "until": until.isoformat()})
    _tell_heads(access)
    return access


@transaction.atomic
def end_emergency(*, actor: User, access: EmergencyAccess) -> EmergencyAccess:
    """End an emergency before its time: by the officer or a head; ending it twice changes nothing.

    Raises: NotPermittedError.
    """
    access = _lock(access)
    is_head = policies.oversees(actor, access.taxpayer.bureau)
    require(actor.pk == access.officer_id or is_head, _("只有本人或岗位负责人可以结束这次紧急处置。"))
    now = timezone.now()
    if access.is_in_force(now):
        access.ended_at = now
        access.save(update_fields=["ended_at"])
        _record(access, actor, "emergency_ended", {})
    return access


@transaction.atomic
def review_emergency(*, actor: User, access: EmergencyAccess, opinion: str) -> EmergencyAccess:
    """Look at an emergency afterwards, in words; never one's own. A repeat changes nothing.

    Raises: NotPermittedError; ConflictError while it lasts or once looked at; InvalidInputError without words.
    """
    access, words, now = _lock(access), opinion.strip(), timezone.now()
    is_head = policies.oversees(actor, access.taxpayer.bureau)
    require(is_head, _("复核由该纳税人主管机关的岗位负责人办理。"))
    require(not policies.is_same_person(actor, access.officer), _("本人的紧急处置须由其他负责人复核。"))
    if access.reviewed_at is not None:
        if (access.reviewed_by_id, access.opinion) == (actor.pk, words):
            return access
        raise ConflictError(_("这次紧急处置已由 %(who)s 复核。") % {"who": access.reviewed_by})
    if access.is_in_force(now):
        raise ConflictError(_("紧急处置还没有结束，没有复核。"), next_step=_("请先结束它，或等到期后复核。"))
    if not words:
        raise InvalidInputError(_("复核没有保存。"), fields={"opinion": [_("请写明复核意见。")]})
    access.reviewed_by, access.reviewed_person, access.reviewed_at, access.opinion = actor, actor.person, now, words
    access.save(update_fields=["reviewed_by", "reviewed_person", "reviewed_at", "opinion"])
    _record(access, actor, "emergency_reviewed", {"opinion": words})
    return access


def _checked(number: str, reason: str, minutes: int) -> tuple[Taxpayer, str]:
    taxpayer, words = Taxpayer.objects.select_related("bureau").filter(number=number.strip().upper()).first(), reason
    wrong: dict[str, list[str]] = {}
    if taxpayer is None:
        wrong["number"] = [_("没有找到这个纳税人，请核对纳税人识别号。")]
    if len(words.strip()) < SHORTEST_REASON:
        wrong["reason"] = [_("请写明事由（至少 10 个字），负责人会马上看到。")]
    if minutes not in MINUTES:
        wrong["minutes"] = [_("请选择时长。")]
    if taxpayer is None or wrong:
        raise InvalidInputError(_("紧急处置没有开始。"), fields=wrong)
    return taxpayer, words.strip()


def _lock(access: EmergencyAccess) -> EmergencyAccess:
    rows = EmergencyAccess.objects.select_for_update(of=("self",)).select_related("taxpayer__bureau", "officer")
    found: EmergencyAccess | None = rows.filter(pk=access.pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这次紧急处置。"), next_step=_("请回到紧急处置列表。"))
    return found


def _record(access: EmergencyAccess, actor: User, act: str, data: dict[str, str]) -> None:
    known = {"emergency": access.pk, "officer": access.officer_id, **data}
    record_audit_event(actor=actor, action=f"accounts.{act}", obj=access, taxpayer_id=access.taxpayer_id, data=known)


def _tell_heads(access: EmergencyAccess) -> None:
    """Tell the heads of the company's bureau and those of the officer's own."""
    bureaus = [access.taxpayer.bureau, *(post.bureau for post in selectors.list_posts(user=access.officer))]
    facts = {
        "who": access.officer,
        "company": access.taxpayer,
        "until": f"{timezone.localtime(access.lasts_until):%H:%M}",
    }
    send_staff_notice(
        officers=[head for head in selectors.list_heads(bureaus=bureaus) if head.pk != access.officer_id],
        kind="emergency_opened",
        title=_("紧急处置：%(who)s 正在办理 %(company)s 的事项，到 %(until)s 为止") % facts,
        body=_("事由：%(reason)s") % {"reason": access.reason},
        link=reverse("admin:emergencies"),
        dedupe_key=f"emergency:{access.pk}",
    )
