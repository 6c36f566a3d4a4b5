"""What an approval stands on: the return it was given over. Voided, corrected or unpaid since, it is taken back."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from clearcard.choices import CaseAction
from clearcard.models import ClearCardCase
from clearcard.rules import course
from clearcard.services._cases import lock_case, move_case
from clearcard.services.approval import UNDECIDED
from clearcard.services.review import send_to_officer
from devices import services as device_services
from devices.errors import CommandConflictError
from filing import selectors as filing_selectors
from filing import services as filing_services


def take_back_approvals(*, taxpayer_id: int) -> list[int]:
    """Take back a company's approvals whose return stands no more, and return their cases; safe to run twice."""
    found = ClearCardCase.objects.filter(taxpayer_id=taxpayer_id, status__in=course.READY).select_related("taxpayer")
    return [case.pk for case in found.order_by("pk") if take_back_if_moved(case)]


def take_back_if_moved(case: ClearCardCase) -> bool:
    """Void an approval whose return was voided, corrected, paid back or became due since; tell whether it did.

    Rule: an approver approves a digest (S-12), and the return is in it. Once sending began nothing is taken back:
    the disk's own word decides.
    """
    receipt = filing_selectors.standing_receipt(taxpayer=case.taxpayer, month=case.period)
    if receipt == _approved_return(case) and not _has_become_due(case):
        return False
    return _take_back(case.pk)


@transaction.atomic
def _take_back(case_id: int) -> bool:
    case = lock_case(case_id, "taxpayer", "command")
    if case.status not in course.READY or is_standing(case):
        return False
    try:
        if case.command is not None:
            device_services.cancel_command(actor=None, command=case.command)
    except CommandConflictError:
        return False  # its bytes may be on their way: the reconciler has it
    words = _("审核通过之后，申报表作废、更正，税款被退回，或者本月变为应申报；没有向设备发送清卡指令。")
    words += _("请退回补正，由纳税人按最新的申报重新提交。")
    move_case(case, CaseAction.REVIEW_AGAIN, actor=None, note=words, **UNDECIDED)
    send_to_officer(case, reasons=[*case.lane_reasons, words])
    return True


def is_standing(case: ClearCardCase) -> bool:
    """Say of a locked case whether the return it was approved over stands, and keep it so to the transaction's end."""
    held = filing_services.hold_standing_return(taxpayer=case.taxpayer, month=case.period)
    return held == _approved_return(case) and not _has_become_due(case)


def _has_become_due(case: ClearCardCase) -> bool:
    """Say whether a return is due since with a month that was approved as one without: the register was mended."""
    if case.snapshot["three_way"].get("return_due", True):
        return False
    return filing_selectors.return_period(case.taxpayer, case.period) is not None


def _approved_return(case: ClearCardCase) -> str:
    return str(case.snapshot["three_way"]["return_number"])
