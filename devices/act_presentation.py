"""What the pages of acts say: what an act does, what is still to be done, what became of a request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _later

from devices.choices import CommandState, InvoiceKind, RequestKind, RequestState
from devices.messages import advice
from devices.models import Device, DeviceRequest
from devices.presentation import OUTCOMES
from devices.rules.replacing import Carry, OldDisk, carry_over
from devices.services.selftest import SelfTestLine
from devices.services.stock_requests import blank_numbers
from taxhall.common.periods import TaxPeriod
from taxhall.common.templatetags import hall

Text = str | Promise
STATE_TONES = {"waiting": "blue", "granted": "ok", "refused": "red", "withdrawn": "grey"}
CARRY_WORDS = {
    Carry.SETTLED: ("ok", _later("已结清")),
    Carry.FIRST: ("amber", _later("先在旧盘上办")),
    Carry.PERSON: ("blue", _later("交税务人员核实")),
}


def self_test_rows(lines: list[SelfTestLine]) -> list[dict[str, Any]]:
    """Return the points of a self-test with their tags."""
    rows = []
    for line in lines:
        tone, word = OUTCOMES[line.outcome]
        rows.append({"title": line.title, "tone": tone, "word": word, "measured": line.measured})
    return rows


def cancel_rows(still_open: dict[str, bool]) -> list[dict[str, Any]]:
    """Return what must be done before a disk is cancelled, each with its state and its way."""
    titles = {
        "disk.period_not_cleared": _("已抄报清卡"),
        "disk.stock_left": _("空白发票已退回"),
        "disk.not_uploaded": _("记录已全部上传"),
    }
    return [
        {
            "title": titles[code],
            "tone": "amber" if is_open else "ok",
            "word": _("未完成") if is_open else _("已完成"),
            "measured": advice(code).next_step if is_open else "",
        }
        for code, is_open in still_open.items()
    ]


def carry_rows(device: Device, old: OldDisk) -> list[dict[str, Any]]:
    """Return what of the old disk's state is settled, is done first, or goes to a person, with what was proved."""
    state = _("已抄报未清卡") if old.is_reported else _unreported(old.signed_since_report)
    measured = {
        "period": f"{device.period.label}，{state}",
        "uploads": _("%(count)d 份没有上传") % {"count": old.not_uploaded},
        "stock": _("%(count)d 份空白发票") % {"count": old.blank_invoices},
        "commands": _("%(count)d 条发出而没有回音") % {"count": old.unsettled_commands},
    }
    titles = {"period": _("所属期"), "uploads": _("上传"), "stock": _("空白发票"), "commands": _("未核实的指令")}
    note = "" if old.is_read_now else _("（最后一次读卡时；此后不知道）")
    return [
        {
            "title": titles[item.name],
            "tone": CARRY_WORDS[item.carry][0],
            "word": CARRY_WORDS[item.carry][1],
            "measured": f"{measured[item.name]}{note}",
        }
        for item in carry_over(old)
    ]


def _unreported(signed: int) -> str:
    return _("未抄报，已签 %(count)d 份记录") % {"count": signed} if signed else _("未抄报")


def steps(current: str, request: DeviceRequest | None = None) -> list[dict[str, Any]]:
    """Return the steps of a replacement."""
    names = {"cause": _("选择原因"), "check": _("核对旧设备"), "decide": _("税务人员办理"), "new": _("接入新设备")}
    order = list(names)
    url = request.get_absolute_url() if request is not None else ""
    return [
        {"key": key, "label": label, "url": url if order.index(key) < order.index(current) and url else ""}
        for key, label in names.items()
    ]


def request_rows(request: DeviceRequest) -> list[dict[str, Any]]:
    """Return a request as a summary list."""
    rows = [
        {"key": _("事项"), "value": request.get_kind_display()},
        {"key": _("设备"), "value": str(request.device)},
        {"key": _("原因"), "value": request.get_cause_display()} if request.cause else None,
        {"key": _("说明"), "value": request.note} if request.note else None,
        {"key": _("申请人"), "value": f"{request.created_by} · {hall.moment(request.created_at)}"},
        *_content_rows(request),
        *_base_rows(request),
        *_decision_rows(request),
    ]
    return [row for row in rows if row is not None]


def _content_rows(request: DeviceRequest) -> list[dict[str, Any]]:
    segments = [
        _("%(kind)s %(code)s：%(first)08d 至 %(last)08d")
        % {
            "kind": InvoiceKind(item["kind"]).label,
            "code": item["code"],
            "first": item["next_number"],
            "last": item["end_number"],
        }
        for item in request.contents.get("segments", ())
    ]
    change = request.contents.get("change") or {}
    rows = _count_rows(request)
    rows += [{"key": _("发票号段"), "value": "；".join(segments)}] if segments else []
    rows += [{"key": _("新名称"), "value": change["taxpayer_name"]}] if change.get("taxpayer_name") else []
    rows += [{"key": _("新主管税务机关"), "value": change["bureau_code"]}] if change.get("bureau_code") else []
    for item in change.get("ceilings", ()):
        words = _("%(hours)s 小时、%(count)s 份、%(amount)s 元") % {
            "hours": item["hours_limit"],
            "count": item["count_limit"],
            "amount": hall.money(item["amount_limit"]),
        }
        rows.append({"key": _("离线限额"), "value": words})
    return rows


def _count_rows(request: DeviceRequest) -> list[dict[str, Any]]:
    asked = request.contents
    if "count" not in asked:
        return []
    words = {"kind": InvoiceKind(asked["kind"]).label, "count": asked["count"]}
    return [{"key": _("申请份数"), "value": _("%(kind)s %(count)d 份") % words}]


def stock_rows(device: Device) -> list[dict[str, Any]]:
    """Return the blank invoices of a disk, a row each run of numbers, in the order in which they will be used."""
    rows = []
    for held in device.authorisations.all():
        runs = blank_numbers(held)
        for place, run in enumerate(runs):
            state = ("ok", _("使用中")) if place == 0 else ("grey", _("未用"))
            rows.append(
                {
                    "kind": held.get_invoice_kind_display(),
                    "run": run,
                    "count": run.last - run.first + 1,
                    "tone": state[0],
                    "word": state[1],
                }
            )
        if not runs:
            rows.append(
                {"kind": held.get_invoice_kind_display(), "run": None, "count": 0, "tone": "amber", "word": _("已用完")}
            )
    return rows


def _base_rows(request: DeviceRequest) -> list[dict[str, Any]]:
    base = request.base
    if request.kind == RequestKind.LOSS and base.get("unsettled"):
        words = _("%(count)d 条指令已经发出、没有回音，等设备或回执证明") % {"count": base["unsettled"]}
        return [{"key": _("未核实的指令"), "value": words}]
    if "period" not in base:
        return []
    seen = hall.moment(base["seen_at"]) if base["seen_at"] else _("还没有读过卡")
    proved = _("提交时刚读过旧设备") if base["is_read_now"] else _("旧设备读不出，只知道这一次读卡时的状态")
    reported = _("已抄报未清卡") if base["is_reported"] else _unreported(base.get("signed_since_report", 0))
    return [
        {"key": _("旧设备最后读卡"), "value": seen, "note": proved},
        {"key": _("当时所属期"), "value": f"{TaxPeriod.parse(base['period']).label}，{reported}"},
        {"key": _("当时未上传"), "value": _("%(count)d 份") % {"count": base["not_uploaded"]}},
        {"key": _("当时空白发票"), "value": _("%(count)d 份") % {"count": base["blank_invoices"]}},
        {"key": _("未核实的指令"), "value": _("%(count)d 条") % {"count": base["unsettled_commands"]}},
    ]


def _decision_rows(request: DeviceRequest) -> list[dict[str, Any]]:
    rows = []
    if request.decided_at is not None:
        who = f"{request.decided_by} · {hall.moment(request.decided_at)}"
        rows.append({"key": _("办理"), "value": who, "note": request.decision_note})
    if request.command is not None:
        command = request.command
        rows.append({"key": _("设备指令"), "value": command.get_state_display(), "note": command.error_text})
    if request.successor is not None:
        rows.append({"key": _("新设备"), "value": str(request.successor)})
    return rows


def request_sentence(request: DeviceRequest) -> str:
    """Say where a request stands and what comes next, for its company."""
    if request.state == RequestState.WAITING:
        if request.kind == RequestKind.LOSS:
            return _("设备已停用。税务人员会跟进；找回设备的，请插入读卡后联系税务人员解除挂失。")
        return _("已交主管税务机关，等待税务人员办理；办理后会给您发消息。")
    if request.state == RequestState.WITHDRAWN:
        return _("您已撤回这份申请，没有改动设备。")
    if request.state == RequestState.REFUSED:
        return _("税务人员没有同意，理由见下。")
    told = request.command.state if request.command else ""
    if request.successor_id is not None and told not in _NOT_DONE:
        return _replaced_sentence(told)
    return _granted_sentence(RequestKind(request.kind), told)


def _replaced_sentence(told: str) -> str:
    """Say how the old disk stands, now that the new one is there; without an order the hall barred it at once."""
    if told == CommandState.DONE:
        return _("旧设备已注销，新设备已接入，更换完成。")
    if not told:
        return _("旧设备已停用，新设备已接入，更换完成。")
    return _("新设备已接入，可以使用；旧设备还没有执行注销，请插好旧设备。")


def _granted_sentence(kind: RequestKind, told: str) -> str:
    """Say what became of what was granted, by what the disk told of its order."""
    if told == CommandState.DONE:
        return str(_DONE.get(kind, _("税务人员已同意，设备已执行。")))
    if told in _NOT_DONE:
        return _("税务人员已同意，但设备没有执行，原因见下；这次没有改动盘上数据。")
    return str(_GRANTED.get(kind, _("税务人员已同意；设备插好后执行。")))


_NOT_DONE = (CommandState.REFUSED, CommandState.CANCELLED)
_DONE = {
    RequestKind.UNBLOCK: _later("设备已解锁；请用收到的一次性口令设置新口令。"),
    RequestKind.REPLACE: _later("旧设备已注销；请插入新设备并接入。"),
    RequestKind.ADD_STOCK: _later("号码已写入设备，可以使用。"),
    RequestKind.RETURN_STOCK: _later("号码已从盘上退回，不能再开具。"),
    RequestKind.CANCEL: _later("设备已注销，不能再开票。"),
}
_GRANTED = {
    RequestKind.UNBLOCK: _later("税务人员已同意解锁；设备插好后执行，再用收到的一次性口令设置新口令。"),
    RequestKind.LOSS: _later("税务人员已按报失办结；设备不再使用，需要设备的请申请更换。"),
    RequestKind.REPLACE: _later("税务人员已同意更换；请插入新设备并接入。"),
    RequestKind.ADD_STOCK: _later("税务人员已发放；设备插好后把号码写入设备，写入后即可使用。"),
    RequestKind.RETURN_STOCK: _later("税务人员已同意退回；设备插好后从盘上退回，退回的号码不能再开具。"),
    RequestKind.CANCEL: _later("税务人员已同意注销；设备插好后执行，执行后不能再开票。"),
}


def new_period_words(request: DeviceRequest) -> str:
    """Say how the new disk's period stands to the open one of the old disk; nothing is moved by itself."""
    new, code = request.successor, request.base.get("period")
    if new is None or not code:
        return ""
    old = TaxPeriod.parse(code)
    if new.period_start <= old.start:
        return _("新设备从%(period)s开始，旧设备的这一期在新设备上继续。") % {"period": new.period.label}
    return _("新设备从%(new)s开始；旧设备的%(old)s没有移到新设备，由税务人员依据旧设备最后状态核实。") % {
        "new": new.period.label,
        "old": old.label,
    }


def fresh(moment: datetime | None, now: datetime, minutes: int = 10) -> bool:
    """Say whether a reading is so recent that the disk may be said to have been read now."""
    return moment is not None and 0 <= (now - moment).total_seconds() <= minutes * 60


def disk_rows(device: Device) -> list[dict[str, Any]]:
    """Return what the disk last proved, for whoever decides about it."""
    blank = sum(item.remaining for item in device.authorisations.all())
    seen = hall.moment(device.last_seen_at) if device.last_seen_at else _("还没有读过卡")
    return [
        {"key": _("纳税人"), "value": device.taxpayer.name, "note": device.taxpayer.number},
        {"key": _("设备状态"), "value": device.get_status_display()},
        {"key": _("最近读卡"), "value": seen},
        {"key": _("所属期"), "value": device.period.label},
        {"key": _("锁死日期"), "value": hall.day(device.issue_allowed_until)},
        {"key": _("抄报"), "value": _("已抄报，等待清卡") if device.is_reported else _("本期未抄报")},
        {"key": _("未上传"), "value": _("%(count)d 份") % {"count": device.sign_counter - device.uploaded_through}},
        {"key": _("空白发票"), "value": _("%(count)d 份") % {"count": blank}},
        {"key": _("口令剩余"), "value": _("未知") if device.pin_tries is None else str(device.pin_tries)},
    ]


def effect_words(request: DeviceRequest) -> str:
    """Say what granting a request does, before it is done."""
    if request.kind == RequestKind.REPLACE and request.base.get("needs_person"):
        return _("同意后旧设备立即停用，它的清卡申请转给税务人员；未了事项由您写明怎样处理。新设备由企业接入。")
    return str(_EFFECTS[RequestKind(request.kind)])


_EFFECTS = {
    RequestKind.UNBLOCK: _later(
        "同意后系统签发解锁指令，设备插好时执行；一次性口令只显示一次，请当面或按登记的方式告知企业。"
    ),
    RequestKind.LOSS: _later("同意后按丢失办结：设备保持停用；它若再出现，先执行注销。"),
    RequestKind.REPLACE: _later("同意后系统签发旧设备的注销指令，设备插好时执行；新设备由企业接入。"),
    RequestKind.CANCEL: _later("同意后系统签发注销指令，设备插好时执行；执行后不能再开票，也不能恢复。"),
    RequestKind.CHANGE: _later(
        "同意后系统签发变更发行指令，设备插好时执行；有未上传的记录或未抄报的所属期时设备会拒绝。"
    ),
    RequestKind.ADD_STOCK: _later("同意后系统签发购入指令，号段写入设备；同一号码不会同时在两块设备上。"),
    RequestKind.RETURN_STOCK: _later("同意后系统签发退回指令，只能退回盘上号段末尾的空白号码。"),
}


def refusal_words(request: DeviceRequest) -> str:
    """Say what refusing a request does."""
    if request.kind == RequestKind.LOSS:
        return _("不同意报失就是解除挂失：只有挂失之后读到过这块设备、它证明了身份才能解除。")
    return _("不同意不会改动设备，企业会看到您写的理由，可以重新申请。")
