"""Trying a refused clear again."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from clearcard import policies, tasks
from clearcard.choices import CaseAction, CaseStatus
from clearcard.models import ClearCardCase
from clearcard.services._cases import lock_case, move_case
from clearcard.services.prepare import NOT_YOURS
from clearcard.workflow import next_status
from devices import services as device_services
from devices.errors import CommandConflictError
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.policies import require


@transaction.atomic
def retry_case(*, actor: User, case: ClearCardCase) -> ClearCardCase:
    """Let the hall try a refused clear again, after the user mended the cause; a repeat changes nothing.

    Raises: NotPermittedError; TransitionNotAllowedError.
    """
    case = lock_case(case)
    allowed = policies.can_prepare_case(actor, case) or policies.can_decide_case(actor, case)
    require(allowed, NOT_YOURS)
    if case.status == CaseStatus.COMMANDED:
        return case
    next_status(case.status, CaseAction.RETRY)
    return retry_locked(case, actor=actor)


def retry_locked(case: ClearCardCase, *, actor: User | None) -> ClearCardCase:
    """Put the command of a refused case back; a new request and a new token will be made."""
    if case.command is None:
        raise CommandConflictError(_("这份申请没有清卡指令。"))
    device_services.requeue_command(command=case.command)
    move_case(case, CaseAction.RETRY, actor=actor, failure_code="", failure_text="", next_attempt_at=None)
    ring_on_commit(tasks.execute_clear, case.pk)
    return case
