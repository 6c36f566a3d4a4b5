"""What becomes of the case of a disk that was put out of use: it goes to a person, and nothing is sent."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from clearcard.choices import EDITABLE_STATUSES, CaseAction, CaseStatus
from clearcard.models import ClearCardCase
from clearcard.services._cases import lock_case, move_case
from clearcard.services.approval import UNDECIDED
from clearcard.services.review import send_to_officer
from devices import services as device_services
from devices.choices import OUT_OF_USE
from devices.errors import CommandConflictError
from devices.models import Device

_NOTHING_SENT = (CaseStatus.APPROVED, CaseStatus.COMMANDED)
_IN_REVIEW = (CaseStatus.REVIEWING,)
CLOSED_WITH_DISK = "case.closed_with_disk"


def hand_to_officer(*, device: Device) -> list[int]:
    """Give the disk's open cases to an officer, and return their ids; safe to run twice.

    Rule: an approval for a disk that is lost or replaced is void. Once sending began the case stays in doubt: a
    verified receipt may still come, and nothing is guessed.
    """
    found = ClearCardCase.objects.filter(device=device, status__in=[*_NOTHING_SENT, *_IN_REVIEW])
    return [pk for pk in found.order_by("pk").values_list("pk", flat=True) if _hand_over(pk, device)]


def close_unsent(*, device: Device) -> list[int]:
    """Close what the company had begun, or was to put right, for a disk out of use; return the ids; safe to repeat.

    Rule: nobody can hand such an application in any more, so it does not stay open; its timeline tells why.
    """
    found = ClearCardCase.objects.filter(device=device, status__in=EDITABLE_STATUSES)
    return [pk for pk in found.order_by("pk").values_list("pk", flat=True) if _close(pk)]


@transaction.atomic
def _close(case_id: int) -> bool:
    case = lock_case(case_id, "device")
    if case.status not in EDITABLE_STATUSES or case.device.status not in OUT_OF_USE:
        return False
    words = _("设备%(state)s，这份申请不能再提交，已经关闭；关闭申请没有向设备发送任何指令。") % {
        "state": case.device.get_status_display()
    }
    move_case(
        case, CaseAction.WITHDRAW, actor=None, note=words, claimed_by=None, claimed_until=None,
        failure_code=CLOSED_WITH_DISK, failure_text=words,
    )  # fmt: skip
    return True


def sweep_barred() -> list[int]:
    """Hand over or close the cases of disks out of use whose signal was lost, and return the ids handed over."""
    begun = ClearCardCase.objects.filter(status__in=EDITABLE_STATUSES)
    for device in Device.objects.filter(status__in=OUT_OF_USE, pk__in=begun.values("device")):
        close_unsent(device=device)
    open_cases = ClearCardCase.objects.filter(status__in=[*_NOTHING_SENT, *_IN_REVIEW])
    devices = Device.objects.filter(barred_at__isnull=False, pk__in=open_cases.values("device"))
    return [pk for device in devices for pk in hand_to_officer(device=device)]


@transaction.atomic
def _hand_over(case_id: int, device: Device) -> bool:
    case = lock_case(case_id, "command")
    words = _("设备%(state)s，这份申请没有向设备发送清卡指令，由税务人员处理。") % {
        "state": device.get_status_display()
    }
    if case.status in _NOTHING_SENT:
        try:
            if case.command is not None:
                device_services.cancel_command(actor=None, command=case.command)
        except CommandConflictError:
            return False  # its bytes may be on their way: the reconciler has it
        move_case(case, CaseAction.REVIEW_AGAIN, actor=None, note=words, **UNDECIDED)
    elif case.status not in _IN_REVIEW or words in case.lane_reasons:
        return False
    # What a person had to look at before stays to be looked at.
    send_to_officer(case, reasons=[*case.lane_reasons, words])
    return True
