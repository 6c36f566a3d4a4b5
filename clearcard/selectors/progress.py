"""What is told about a case: the true word, the journey and the history."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from clearcard.choices import FINAL_STATUSES, CaseAction, CaseStatus, Lane
from clearcard.models import CaseHandover, CaseTransition, ClearCardCase
from clearcard.shapes import Station, StatusWords, TimelineEvent
from devices.errors import CardAbsentError
from devices.messages import how_to_be_read
from filing import selectors as filing_selectors

DECISION_WORKDAYS = 3
FROZEN = "disk.frozen"
S = CaseStatus


def status_words(case: ClearCardCase) -> StatusWords:
    """Return tone, word, sentence and next step of a case.

    Rule: the word is one of 草稿, 待审核, 待补正, 等待设备, 处理中, 已清卡, 未清卡, 待核实, and it is true
    whatever failed (trust.md I10): nothing is called done or failed before the disk's own word.
    """
    if case.status in (S.DRAFT, S.SUBMITTED, S.REVIEWING, S.RETURNED):
        return _words_before_decision(case)
    if case.status in (S.APPROVED, S.COMMANDED, S.SENDING):
        return _words_under_way(case)
    if case.status in (S.IN_DOUBT, S.MANUAL):
        return _words_in_doubt(case)
    return _words_at_the_end(case)


def _words_before_decision(case: ClearCardCase) -> StatusWords:
    if case.status == S.DRAFT:
        return StatusWords("plain", _("草稿"), _("申请还没有提交，没有改动设备。"), _("请继续填写后提交。"))
    if case.status == S.RETURNED:
        sentence = _("税务人员退回了 %(n)d 项内容，没有改动设备，其余内容都保留着。") % {"n": len(case.returned_items)}
        return StatusWords("amber", _("待补正"), sentence, _("请按标出的事项补正后重新提交。"))
    if case.lane == Lane.OFFICER:
        due = expected_by(case)
        sentence = _("自动核对发现需要人工确认的事项，已转税务人员审核；没有改动设备。")
        step = _("最迟 %(day)s 有结果，不需要操作；决定之前可以撤回。") % {"day": due} if due else ""
        return StatusWords("blue", _("待审核"), sentence, step)
    sentence = _("申请已收到，系统正在自动核对；没有改动设备。")
    step = _("一般一分钟内有结果，不需要操作。")
    if case.submitted_at is not None:
        day = filing_selectors.workday_after(timezone.localdate(case.submitted_at), DECISION_WORKDAYS)
        step = _("一般一分钟内有结果，不需要操作；转税务人员审核的，最迟 %(day)s 有结果。") % {"day": day}
    return StatusWords("blue", _("待审核"), sentence, step)


def _words_under_way(case: ClearCardCase) -> StatusWords:
    if case.status == S.SENDING:
        sentence = _("清卡指令已发给设备，正在等设备的回执。")
        return StatusWords("blue", _("处理中"), sentence, _("请不要拔出设备，通常几秒钟完成。"))
    if case.waiting_code == FROZEN:
        # The disk's counter is ahead of the ledger: nothing of ours was sent, yet it is not as it was.
        sentence = _("审核已通过，但盘上的清卡次数与大厅的记录不一致，已停止这块设备的清卡，等待核实。")
        return StatusWords("red", _("待核实"), sentence, _("请不要在别处清卡，保持设备可用，等候税务人员联系。"))
    if case.waiting_code:
        sentence = _("审核已通过，还没有改动设备，正在等设备：%(why)s") % {"why": case.waiting_text}
        return StatusWords("amber", _("等待设备"), sentence, _waiting_step(case.waiting_code))
    sentence = _("审核已通过，系统正在排队联系设备，还没有改动设备。")
    return StatusWords("blue", _("处理中"), sentence, _("请保持设备插在电脑上。"))


def _waiting_step(code: str) -> str:
    """Say the one thing that lets the hall go on by itself."""
    if code == CardAbsentError.code:
        return _("请把设备插到电脑上，已经插着的请拔出重新插好；系统会自动继续，不用重新申请。")
    if code == "disk.pin_required":
        return _("请输入设备口令打开设备；系统会自动继续，不用重新申请。")
    return _("设备就绪后系统会自动继续，不用重新申请。")


def _words_in_doubt(case: ClearCardCase) -> StatusWords:
    if case.status == S.MANUAL:
        sentence = _("盘上的记录与大厅对不上，已停止这块设备的清卡，由税务人员人工核实：%(why)s。") % {
            "why": case.failure_text
        }
        if case.failure_code == "clear.no_read_back":
            # Nothing contradicts anything here: the disk cannot tell, and that is all to be said.
            sentence = f"{case.failure_text}。"
        return StatusWords("red", _("待核实"), sentence, _("请不要在别处清卡，保持设备可用，等候税务人员联系。"))
    sentence = _("指令发出后与设备的联系中断，盘上是否已清卡还不知道，系统会读卡核实。")
    return StatusWords("amber", _("待核实"), sentence, _step_in_doubt(case))


def _step_in_doubt(case: ClearCardCase) -> str:
    plug = how_to_be_read(case.waiting_code)
    if case.next_attempt_at is None:
        return _("%(plug)s，不需要再点任何按钮，核实后这里会自动更新。") % {"plug": plug}
    at = timezone.localtime(case.next_attempt_at)
    return _("%(plug)s，不需要再点任何按钮；下一次核实在 %(at)s。") % {"plug": plug, "at": f"{at:%H:%M:%S}"}


def _words_at_the_end(case: ClearCardCase) -> StatusWords:
    facts = {"period": case.period.label, "day": case.new_cut_off, "why": case.failure_text or case.reason_text}
    if case.status == S.CLEARED:
        sentence = _("%(period)s已清卡，设备的回执已验签，新的锁死日期是 %(day)s。") % facts
        return StatusWords("ok", _("已清卡"), sentence, _("请下载清卡凭证留存。"))
    if case.status == S.WITHDRAWN and case.failure_text:
        # The hall closed it with its disk; nobody took it back.
        step = _("请在设备页查看这块设备现在怎么办；有了可用的设备，可以重新申请。")
        return StatusWords("grey", _("未清卡"), case.failure_text, step)
    if case.status == S.WITHDRAWN:
        return StatusWords("grey", _("未清卡"), _("申请已撤回，没有改动设备。"), _("需要清卡时可重新申请。"))
    if case.status == S.REJECTED:
        sentence = _("申请被驳回，没有改动设备：%(why)s") % facts
        return StatusWords("red", _("未清卡"), sentence, _("请按驳回理由处理后重新申请。"))
    sentence = _("设备拒绝了清卡指令，这条指令没有执行：%(why)s") % facts
    return StatusWords("red", _("未清卡"), sentence, _("请处理后点“重新执行清卡”，不用重新申请。"))


def expected_by(case: ClearCardCase) -> date | None:
    """Return the day by which an officer decides; None outside the officers' lane."""
    if case.lane != Lane.OFFICER or case.status != S.REVIEWING or case.submitted_at is None:
        return None
    return filing_selectors.workday_after(timezone.localdate(case.submitted_at), DECISION_WORKDAYS)


def poll_seconds(case: ClearCardCase) -> int:
    """Return how soon the page looks again; 0 when nothing can change by itself."""
    if case.status in (*FINAL_STATUSES, S.DRAFT, S.RETURNED, S.REFUSED):
        return 0
    return 30 if case.lane == Lane.OFFICER and case.status == S.REVIEWING else 5


# Which station of the journey a status stands at, and whether it failed there.
_STATIONS: dict[str, tuple[int, bool]] = {
    S.DRAFT: (0, False),
    S.SUBMITTED: (1, False),
    S.REVIEWING: (1, False),
    S.RETURNED: (1, True),
    S.REJECTED: (1, True),
    S.WITHDRAWN: (0, True),
    S.APPROVED: (2, False),
    S.COMMANDED: (3, False),
    S.SENDING: (3, False),
    S.REFUSED: (3, True),
    S.IN_DOUBT: (3, False),
    S.MANUAL: (3, True),
    S.CLEARED: (5, False),
}


def journey(case: ClearCardCase) -> tuple[Station, ...]:
    """Return the five stations with where the case stands."""
    place, failed = _STATIONS[case.status]
    reached = (case.submitted_at, case.decided_at, None, None, case.cleared_at)
    titles = (_("提交申请"), _("审核"), _("签发指令"), _("写入设备"), _("完成清卡"))
    stations = []
    for index, title in enumerate(titles):
        state = "done" if index < place else "coming" if index > place else "failed" if failed else "current"
        note = str(case.get_status_display()) if index == place else ""
        stations.append(Station(title, state, note, reached[index] if index < place else None))
    return tuple(stations)


def timeline(case: ClearCardCase, *, for_officer: bool = False) -> tuple[TimelineEvent, ...]:
    """Return what happened, newest first; officers are named to officers only."""
    rows = case.transitions.select_related("actor").order_by("-sequence")
    events = [_event(row, for_officer=for_officer) for row in rows]
    if for_officer:
        events += [_handover(row) for row in case.handovers.select_related("actor", "receiver")]
        events.sort(key=lambda each: each.at, reverse=True)
    events.append(TimelineEvent(case.created_at, _("开始填写"), str(case.created_by)))
    return tuple(events)


def _handover(row: CaseHandover) -> TimelineEvent:
    return TimelineEvent(row.at, _("转交给 %(who)s") % {"who": row.receiver}, str(row.actor), row.reason)


def _event(row: CaseTransition, *, for_officer: bool) -> TimelineEvent:
    who = _("系统")
    if row.actor is not None:
        who = _("税务人员") if row.actor.is_staff and not for_officer else str(row.actor)
    hidden = row.action == CaseAction.APPROVE and row.actor is not None and not for_officer
    title = str(row.get_action_display())
    if row.action == CaseAction.WITHDRAW and row.actor is None:
        title = _("关闭申请")
    return TimelineEvent(row.at, title, who, "" if hidden else row.note)
