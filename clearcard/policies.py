"""Who may do what with a case; answers only, no writes."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts import policies as account_policies
from accounts.models import OfficerPost, User
from clearcard.choices import CaseStatus, Lane
from clearcard.models import ClearCardCase
from clearcard.rules import review as review_rules

# Why a clear waits for a person whose disk has no read-back.
UNPROVED = "clear.no_read_back"

DECIDING_POSTS = account_policies.DECIDING_POSTS


def can_prepare_case(actor: User, case: ClearCardCase) -> bool:
    """Say whether the actor may start, fill, submit, withdraw or retry for the company."""
    return account_policies.can_clear_disk(actor, case.taxpayer)


def can_view_case(actor: User, case: ClearCardCase) -> bool:
    """Say whether the actor may see the case: the company's people and the district's officers."""
    return account_policies.can_view_taxpayer(actor, case.taxpayer) or account_policies.officer_covers(
        actor, case.taxpayer
    )


def can_decide_case(actor: User, case: ClearCardCase) -> bool:
    """Say whether the actor may claim, return, reject or approve (S-12: four eyes by natural person)."""
    return not why_not_decide(actor, case)


def why_not_decide(actor: User, case: ClearCardCase) -> str:
    """Return in words why the officer may not decide the case; empty when he or she may."""
    if not account_policies.officer_covers(actor, case.taxpayer):
        return _("这户纳税人不在您的管辖范围。")
    # A deciding post reaches as far as its own bureau, whatever else the officer may look at.
    decides_here = account_policies.post_covers(actor, case.taxpayer.bureau, *DECIDING_POSTS)
    if not decides_here and not account_policies.has_emergency(actor, case.taxpayer):
        return _("您的岗位没有清卡审核权限。")
    if account_policies.serves_taxpayer(actor, case.taxpayer):
        return _("您在这家企业任职，按回避规定不能审核它的申请，请由其他人员办理。")
    if case.submitted_by and account_policies.is_same_person(actor, case.submitted_by):
        return _("申请是您本人提交的，提交人不能审核，请由其他人员办理。")
    return ""


def why_not_approve(actor: User, case: ClearCardCase) -> str:
    """Return why the officer may not give the deciding approval; a special clear needs a second person."""
    if reason := why_not_decide(actor, case):
        return reason
    if not review_rules.needs_second_officer(case.kind) or case.first_reviewer is None:
        return ""
    if account_policies.is_same_person(actor, case.first_reviewer):
        return _("特殊清卡须由第二名税务人员复核，您已作初审，请由其他人员审批。")
    return ""


def waits_for_evidence(case: ClearCardCase) -> bool:
    """Tell whether only a person can say what became of the clear: the disk keeps no receipt that could."""
    return case.status == CaseStatus.MANUAL and case.failure_code == UNPROVED


def is_open_for_decision(case: ClearCardCase) -> bool:
    """Say whether officers see decision forms at all: the case is in review and not in the green lane."""
    return case.status == CaseStatus.REVIEWING and case.lane == Lane.OFFICER


def can_decide_cases(actor: User) -> bool:
    """Say whether the officer holds a post that decides on applications at all."""
    return OfficerPost.objects.filter(user=actor, is_active=True, post__in=DECIDING_POSTS).exists()


def is_held(case: ClearCardCase, now: datetime) -> bool:
    """Say whether somebody's claim on the case is still running."""
    return case.claimed_by_id is not None and case.claimed_until is not None and case.claimed_until > now


def why_not_transfer(actor: User, case: ClearCardCase, now: datetime) -> str:
    """Return why the officer may not hand the case on: its holder may, and the head of post of its bureau."""
    serves = account_policies.serves_taxpayer(actor, case.taxpayer)
    if account_policies.heads_bureau(actor, case.taxpayer.bureau) and not serves:
        return ""
    if reason := why_not_decide(actor, case):
        return reason
    if is_held(case, now) and case.claimed_by_id == actor.pk:
        return ""
    return _("只有认领人或岗位负责人可以转交这份申请，您没有认领它。")


def why_not_receive(receiver: User, case: ClearCardCase, *, actor: User, giver: User | None) -> str:
    """Return why the case cannot be handed to an officer."""
    if account_policies.is_same_person(receiver, actor):
        return _("不能转交给您自己，请选择其他人员。")
    if giver is not None and account_policies.is_same_person(receiver, giver):
        return _("申请已在此人手中，请选择其他人员。")
    if not receiver.is_active or why_not_approve(receiver, case):
        return _("此人不能审核这份申请（不在本辖区、没有审核岗位，或须回避），请选择其他人员。")
    return ""
