"""The end of a clear: receipt, window, certificate, notice and status in one transaction."""

from __future__ import annotations

import logging
import secrets
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as account_services
from clearcard.choices import CaseAction, CaseStatus
from clearcard.errors import TransitionNotAllowedError
from clearcard.links import case_link
from clearcard.models import Certificate, ClearCardCase
from clearcard.rules import course
from clearcard.rules.digests import content_digest
from clearcard.services._cases import lock_case, move_case
from clearcard.services.approval import NOT_WAITING
from devices import services as device_services
from devices.errors import CommandConflictError
from devices.models import ClearReceiptRecord, Device
from devices.protocol.messages import ClearReceipt
from taxhall.common import clock, failpoints

logger = logging.getLogger(__name__)

# 160 bits: nobody finds a certificate by guessing (S-18).
TOKEN_BYTES = 20


@transaction.atomic
def complete_case(*, case_id: int, receipt: ClearReceipt) -> ClearCardCase:
    """Accept the disk's verified receipt as the end of the clear; the same receipt again changes nothing.

    Rule: the receipt is evidence from whoever brings it (R-14); it must name this case's command and the
    reviewed report. Raises: CommandConflictError; BadSignatureError.
    """
    case = lock_case(case_id, "device", "taxpayer", "command")
    if case.command is None:
        raise CommandConflictError(_("这份申请没有清卡指令，回执没有入账。"))
    if case.status == CaseStatus.CLEARED:
        return case
    if receipt.report_digest != case.snapshot["reviewed"]["report_digest"]:
        raise CommandConflictError(_("回执所清的汇总不是审核过的那一份，没有入账。"))
    for action in course.actions_before_proof(case.status):
        move_case(case, action, actor=None)
    failpoints.reach("book.before", case.pk)
    row = device_services.record_clear(device=case.device, command=case.command, receipt=receipt)
    move_case(
        case,
        CaseAction.CLEAR,
        actor=None,
        note=_booked_words(row),
        **_outcome(row),
    )
    _issue_certificate(case, row)
    _tell(case)
    failpoints.reach("book.after", case.pk)
    return case


def accept_receipt(*, receipt: ClearReceipt) -> ClearCardCase | None:
    """Complete the case whose command a receipt names, however late and whoever brought it (R-14).

    The receipt was verified with the disk's key. One that contradicts the ledger is left to the reconciler,
    which reads the disk and hands what does not fit to a person; where nobody doubts any more, the disk is frozen
    with the truth on its page. Returns None when no case was completed by it.
    """
    case = _case_of(receipt)
    if case is not None:
        try:
            return complete_case(case_id=case.pk, receipt=receipt)
        except (CommandConflictError, TransitionNotAllowedError):
            logger.exception("a late receipt of case %s does not fit the ledger", case.number)
    if case is None or case.status not in course.IN_DOUBT:
        _freeze_if_ahead(receipt)
    return None


def _case_of(receipt: ClearReceipt) -> ClearCardCase | None:
    try:
        command = uuid.UUID(receipt.command_id)
    except ValueError:
        return None
    found: ClearCardCase | None = ClearCardCase.objects.filter(command=command).first()
    return found


def _freeze_if_ahead(receipt: ClearReceipt) -> None:
    """Stop clearing a disk that was cleared by a command that the hall has given up."""
    device = Device.objects.filter(serial=receipt.serial).first()
    if device is None or receipt.clear_counter_after <= device.clear_counter:
        return
    words = _("设备签名的回执说明它已经清卡（第 %(count)d 次），大厅没有与之对应的申请，回执没有入账；等待人工核实")
    device_services.freeze_device(actor=None, device=device, reason=words % {"count": receipt.clear_counter_after})


def _booked_words(row: ClearReceiptRecord) -> str:
    words = _("回执已验签：清卡次数 %(before)d → %(after)d") % {
        "before": row.clear_counter_before,
        "after": row.clear_counter_after,
    }
    return f"{words}；{_('设备更新方式：%(way)s') % {'way': row.way}}" if row.way else words


def _outcome(row: ClearReceiptRecord) -> dict[str, Any]:
    return {
        "new_period_start": row.new_period_start,
        "new_period_end": row.new_period_end,
        "new_cut_off": row.new_cut_off,
        "cleared_at": row.cleared_at,
        "failure_code": "",
        "failure_text": "",
        "next_attempt_at": None,
        **NOT_WAITING,
    }


def _issue_certificate(case: ClearCardCase, row: ClearReceiptRecord) -> Certificate:
    payload = certificate_payload(case, row)
    return Certificate.objects.create(
        case=case,
        number=case.number.replace("QK", "QKPZ", 1),
        verify_token=secrets.token_urlsafe(TOKEN_BYTES),
        payload=payload,
        digest=content_digest(payload),
        issued_at=clock.now(),
    )


def certificate_payload(case: ClearCardCase, row: ClearReceiptRecord) -> dict[str, Any]:
    """Return what a certificate states, from the rows that prove it; the digest is taken over this."""
    return {
        "case_number": case.number,
        "taxpayer_number": case.taxpayer.number,
        "taxpayer_name": case.taxpayer.name,
        "device_serial": case.device.serial,
        "device_kind": str(case.device.get_kind_display()),
        "kind": str(case.get_kind_display()),
        "period": case.period.code,
        "period_label": case.period.label,
        "old_cut_off": str(case.old_cut_off),
        "new_cut_off": row.new_cut_off.isoformat(),
        "new_period": f"{row.new_period_start.isoformat()}/{row.new_period_end.isoformat()}",
        "clear_counter_before": row.clear_counter_before,
        "clear_counter_after": row.clear_counter_after,
        "cleared_at": timezone.localtime(row.cleared_at).isoformat(),
        "way": row.way,
        "receipt_digest": row.digest,
        "report_digest": case.snapshot["reviewed"]["report_digest"],
        "application_digest": case.snapshot_digest,
        "approved_by": str(case.approver) if case.approver else _("系统自动审核"),
    }


def _tell(case: ClearCardCase) -> None:
    account_services.send_notice(
        taxpayer=case.taxpayer,
        kind="clear_done",
        title=_("%(device)s 已清卡：%(period)s") % {"device": case.device, "period": case.period.label},
        body=_("新的锁死日期是 %(day)s。清卡凭证可在申请页面下载。") % {"day": case.new_cut_off},
        link=case_link(case),
        dedupe_key=f"case:{case.number}:cleared",
    )
