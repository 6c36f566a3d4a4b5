"""What the agent says to the person at this PC: moments in Beijing time, acts and what came of them, no secrets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from gettext import gettext as _
from typing import Any

from devices.gateway.wire import CardAnswer, Fault, FaultKind

# The hall is in Xi'an whatever zone this PC is set to. China keeps one zone and moves no clocks, and Windows brings
# no table of zones, so the difference itself is all that is needed.
BEIJING = timezone(timedelta(hours=8))


def moment(at: datetime) -> str:
    """Return a moment in Beijing time, and say that it is."""
    return _("%(at)s（北京时间）") % {"at": f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"}


def moment_of(text: str) -> str:
    """Return a moment that was kept as text; empty text is none."""
    return moment(datetime.fromisoformat(text)) if text else _("无")


def act(steps: Iterable[Any]) -> str:
    """Name what a visit does by its weightiest step; a request that is none has no name of its own."""
    names = {
        "apply_clear": _("清卡"),
        "apply_order": _("执行税务指令"),
        "issue": _("开具发票"),
        "void": _("作废发票"),
        "report": _("抄报"),
        "acknowledge": _("收取上传回执"),
        "begin_clear": _("请求清卡"),
        "abort_clear": _("放弃清卡请求"),
        "log": _("读取设备日志"),
        "version": _("读取设备程序版本"),
        "find_signed": _("查找已开发票"),
        "find_void": _("查找作废记录"),
        "signed": _("查找已开发票"),
        "last_signed": _("查找已开发票"),
        "status": _("读卡"),
        "last_clear": _("读取清卡回执"),
        "last_order": _("读取税务指令回执"),
        "pin_tries": _("读取口令剩余次数"),
    }
    asked = {step.get("op") for step in steps if isinstance(step, dict)}
    return next((words for name, words in names.items() if name in asked), _("任务"))


def recovered(act_words: str) -> str:
    """Name an act that an earlier run began and of which the disk was asked afterwards."""
    return _("上次中断的%(act)s") % {"act": act_words}


def outcome(answer: CardAnswer) -> str:
    """Say what came of an act, and never more than is known."""
    return _("完成") if answer.fault is None else why(answer.fault)


def why(fault: Fault) -> str:
    """Say why an act was not done, or that nobody knows whether it was."""
    if fault.kind == FaultKind.REFUSED:
        return _refusal(fault)
    if fault.sent:
        return _("结果不明，大厅会读设备核实")
    words = {
        FaultKind.ABSENT: _("设备不在读卡器中，没有执行"),
        FaultKind.WRONG_CARD: _("读卡器中是另一块设备，没有执行"),
        FaultKind.BROKEN: _("与设备的联系中断，没有执行"),
        FaultKind.STUCK: _("设备没有回答，没有执行"),
        FaultKind.BUSY: _("设备正忙，没有执行"),
        FaultKind.BREAKER: _("读卡器连续出错已停用，没有执行"),
        FaultKind.INVALID: _("任务不合规定，没有执行"),
        FaultKind.LATE: _("已过大厅给的时限，没有执行"),
        FaultKind.NO_SPACE: _("没有空间保存结果，没有执行"),
    }
    return words.get(fault.kind, _("没有执行"))


def _refusal(fault: Fault) -> str:
    if fault.code == "disk.pin_wrong":
        return _("设备口令错误，剩余 %(tries)s 次") % {"tries": fault.tries_left}
    if fault.code == "disk.pin_blocked":
        return _("设备口令已锁定")
    if fault.code == "disk.pin_required":
        return _("设备拒绝：还没有输入口令")
    return _("设备拒绝（%(code)s），这条指令没有执行") % {"code": fault.code or _("没有说明原因")}
