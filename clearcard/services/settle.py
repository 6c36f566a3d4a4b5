"""A person settles what a disk without read-back cannot tell: what the officer found, and what the disk still signs."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from clearcard import policies, tasks
from clearcard.choices import CaseAction, CaseStatus
from clearcard.errors import CaseChangedError
from clearcard.models import ClearCardCase
from clearcard.rules import course
from clearcard.services._cases import lock_case, move_case, require_version
from clearcard.services.approval import NOT_WAITING
from devices import services as device_services
from devices.models import DeviceCommand
from devices.protocol.messages import ClearToken
from devices.services import CardReading
from taxhall.common import clock
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.policies import require

SHORTEST_EVIDENCE = 10
_CHANGED = gettext_lazy("这份申请已不在等待人工核实，本次决定没有保存，没有向设备发送任何指令。")
_LOOK = gettext_lazy("请刷新页面查看最新进度。")


def settle_as_never_run(*, actor: User, case: ClearCardCase, version: int, evidence: str) -> ClearCardCase:
    """Send the clear again because an officer found, with evidence, that the disk never carried it out.

    Rule: a person decides where the disk keeps no receipt, yet never against the disk's own signed counter, and
    the open request dies first, so that a token still on its way can do nothing. That it did run is settled by
    its receipt alone, whoever brings it (`accept_receipt`).
    Raises: NotPermittedError; InvalidInputError without evidence; CaseChangedError; ConflictError when the counter
    moved; the errors of `devices.services.host.visit`.
    """
    require(policies.can_decide_case(actor, case), policies.why_not_decide(actor, case))
    evidence = evidence.strip()
    if len(evidence) < SHORTEST_EVIDENCE:
        words = _("请写明凭什么认定没有清卡：检测单号、看到的设备界面、经办人。")
        raise InvalidInputError(words, fields={"evidence": [words]})
    command = _doubtful_command(case)
    token = None if command.token is None else ClearToken.from_json(command.token)
    reading = device_services.withdraw_clear_on_card(device=case.device, group=case.group, token=token)
    _require_unmoved(command, case, reading)
    return _send_again(actor=actor, case=case, version=version, reading=reading, fencing=command.fencing, note=evidence)


def _doubtful_command(case: ClearCardCase) -> DeviceCommand:
    found = ClearCardCase.objects.select_related("command").get(pk=case.pk)
    if not policies.waits_for_evidence(found) or found.command is None:
        raise CaseChangedError(_CHANGED, next_step=_LOOK)
    command: DeviceCommand = found.command
    return command


def _require_unmoved(command: DeviceCommand, case: ClearCardCase, reading: CardReading) -> None:
    stored = course.recall(
        command=command, clear_counter=case.device.clear_counter, last_action=None, moment=clock.now()
    )
    if reading.status.clear_counter != stored.sent.expected_counter:
        raise ConflictError(
            _("设备签名的清卡次数已经变化，不能认定没有清卡；没有重新发送。"),
            code="clear.counter_moved",
            next_step=_("请向设备厂商取得这次清卡的回执，凭回执入账。"),
        )


@transaction.atomic
def _send_again(
    *, actor: User, case: ClearCardCase, version: int, reading: CardReading, fencing: int, note: str
) -> ClearCardCase:
    case = lock_case(case.pk)
    require_version(case, version=version, digest=case.snapshot_digest)
    if case.status != CaseStatus.MANUAL or case.command is None:
        raise CaseChangedError(_CHANGED, next_step=_LOOK)
    if DeviceCommand.objects.select_for_update().get(pk=case.command.pk).fencing != fencing:
        raise CaseChangedError(_CHANGED, next_step=_LOOK)
    device_services.record_reading(device=case.device, reading=reading)
    device_services.requeue_command(command=case.command)
    words = _("人工核实认定没有清卡：%(evidence)s") % {"evidence": note}
    device_services.unfreeze_device(actor=actor, device=case.device, reason=words)
    cleared = {"failure_code": "", "failure_text": "", "next_attempt_at": None, "attempts": 0}
    move_case(case, CaseAction.RESEND, actor=actor, note=words, **cleared, **NOT_WAITING)
    ring_on_commit(tasks.execute_clear, case.pk)
    return case
