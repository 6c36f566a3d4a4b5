"""Finding cases, and what may be done with one."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from clearcard import policies
from clearcard.choices import REOPENABLE_STATUSES, CaseAction
from clearcard.errors import CaseNotFoundError
from clearcard.models import ClearCardCase
from clearcard.querysets import CaseQuerySet
from clearcard.workflow import available_actions
from devices.models import Device
from taxhall.common.periods import TaxPeriod

TAXPAYER_ACTIONS = (CaseAction.SUBMIT, CaseAction.WITHDRAW, CaseAction.RETRY)
OFFICER_ACTIONS = (CaseAction.APPROVE, CaseAction.RETURN, CaseAction.REJECT)


def list_cases(*, visible_to: User, taxpayer: Taxpayer | None = None, status: str = "") -> CaseQuerySet:
    """Return the cases a user may see, newest first; officers see no drafts."""
    found = ClearCardCase.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if taxpayer is not None:
        found = found.for_taxpayer(taxpayer)
    if visible_to.is_staff:
        found = found.exclude(submitted_at__isnull=True)
    if status:
        found = found.filter(status=status)
    return found.select_related(
        "device", "taxpayer", "command", "submitted_by", "claimed_by", "first_reviewer", "approver", "certificate"
    )


def get_case(*, visible_to: User, number: str, taxpayer: Taxpayer | None = None) -> ClearCardCase:
    """Return one case. Raises: CaseNotFoundError, the same for absent and for another's."""
    case: ClearCardCase | None = list_cases(visible_to=visible_to, taxpayer=taxpayer).filter(number=number).first()
    if case is None:
        raise CaseNotFoundError(_("没有找到这份清卡申请。"), next_step=_("请从清卡列表进入。"))
    return case


def find_open_case(*, device: Device, period: TaxPeriod | None = None) -> ClearCardCase | None:
    """Return the case of the disk's period that stands: not rejected, not withdrawn."""
    case: ClearCardCase | None = (
        ClearCardCase.objects.for_period(device, period or device.period)
        .exclude(status__in=REOPENABLE_STATUSES)
        .select_related("device", "taxpayer", "command")
        .first()
    )
    return case


def find_case_of_command(command_id: uuid.UUID) -> ClearCardCase | None:
    """Return the case a clear command belongs to."""
    case: ClearCardCase | None = ClearCardCase.objects.filter(command_id=command_id).first()
    return case


def submit_key(case: ClearCardCase) -> str:
    """Return the key of the coming hand-in: the same in every tab and after Back and resend."""
    coming = case.round + 1 if case.is_editable else case.round
    return f"{case.number}-{coming}"


def taxpayer_actions(case: ClearCardCase, actor: User) -> tuple[CaseAction, ...]:
    """Return what the company's person may do now."""
    if not policies.can_prepare_case(actor, case):
        return ()
    return tuple(each for each in available_actions(case.status) if each in TAXPAYER_ACTIONS)


def officer_actions(case: ClearCardCase, actor: User) -> tuple[CaseAction, ...]:
    """Return which decisions the officer may take now."""
    if not policies.is_open_for_decision(case) or not policies.can_decide_case(actor, case):
        return ()
    found = [each for each in available_actions(case.status) if each in OFFICER_ACTIONS]
    if policies.why_not_approve(actor, case):
        found.remove(CaseAction.APPROVE)
    return tuple(found)
