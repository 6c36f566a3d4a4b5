"""How a disk is told on its pages: words, meters and conditions, from rows that are already there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices import selectors
from devices.choices import DeviceStatus, InvoiceKind, TotalKind
from devices.gateway import reader_names
from devices.messages import Advice, advice
from devices.models import Device, DeviceReport
from taxhall.common import clock
from taxhall.common.rates import TaxRate
from taxhall.common.templatetags import hall

Text = str | Promise
OUTCOMES: dict[str, tuple[str, Text]] = {
    "ok": ("ok", gettext_lazy("正常")),
    "warn": ("amber", gettext_lazy("注意")),
    "bad": ("red", gettext_lazy("有问题")),
    "unknown": ("grey", gettext_lazy("未知")),
}


class Judged:
    """Something with an outcome, and so with a tag."""

    outcome: str

    @property
    def tone(self) -> str:
        """The tone of its tag."""
        return OUTCOMES[self.outcome][0]

    @property
    def word(self) -> Text:
        """The word of its tag."""
        return OUTCOMES[self.outcome][1]


@dataclass(frozen=True)
class Words:
    """The state of a disk as it is spoken."""

    tone: str
    word: Text
    sentence: Text


@dataclass(frozen=True)
class Condition(Judged):
    """One line of the readiness list."""

    title: Text
    outcome: str
    measured: Text
    since: Any = None
    # What only a technician wants to know, in small letters.
    detail: Text = ""


def words_of(device: Device, today: date, problems: Sequence[Advice]) -> Words:
    """Say in one sentence how the disk is, since when, and what to do; the gravest thing first."""
    if device.status != DeviceStatus.ACTIVE:
        return Words("red", device.get_status_display(), _out_of_use(device))
    if problems:
        return Words("red", _("不能开票"), f"{_as_read(device)}{problems[0].message}{problems[0].next_step}")
    day = hall.day(device.issue_allowed_until)
    if device.period_end >= today:
        return Words("ok", _("正常"), _as_read(device) + _("可以开票，锁死日期 %(day)s。") % {"day": day})
    left = device.issue_allowed_until - today
    word = _("待清卡") if device.is_reported else _("待抄报")
    step = _("请申报缴款后申请清卡。") if device.is_reported else _("请插好设备抄报。")
    data = {"period": device.period.label, "end": hall.day(device.period_end), "day": day, "left": left.days}
    words = _("%(period)s已于 %(end)s 结束，锁死日期 %(day)s，还有 %(left)d 天。") % data
    return Words("amber" if left <= selectors.CUT_OFF_WARNING else "blue", word, words + step)


def _out_of_use(device: Device) -> str:
    entry = advice(f"disk.{device.status}")
    since = _("%(at)s 起，") % {"at": hall.moment(device.barred_at)} if device.barred_at else ""
    reason = _("（%(why)s）") % {"why": device.frozen_reason} if device.frozen_reason else ""
    return f"{since}{entry.message}{reason}{entry.next_step}"


def _as_read(device: Device) -> str:
    return _("按 %(at)s 的读卡，") % {"at": hall.moment(device.last_seen_at)} if device.last_seen_at else ""


def summary_rows(device: Device) -> list[dict[str, Any]]:
    """Return what was written on the disk at issue, and its window."""
    seen = hall.moment(device.last_seen_at) if device.last_seen_at else _("还没有读过卡")
    return [
        {"key": _("设备类型"), "value": device.get_kind_display()},
        {"key": _("设备编号"), "value": device.serial},
        {"key": _("开票机号"), "value": str(device.machine_number)},
        {"key": _("密码算法"), "value": algorithm_words(device)},
        {"key": _("所属期"), "value": device.period.label},
        {"key": _("锁死日期（开票截止日期）"), "value": hall.day(device.issue_allowed_until)},
        *_other_windows(device),
        {"key": _("抄报"), "value": _("已抄报，等待清卡") if device.is_reported else _("本期未抄报")},
        {"key": _("最近清卡"), "value": hall.moment(device.last_cleared_at) if device.last_cleared_at else _("无")},
        {"key": _("证书有效期至"), "value": hall.day(device.certificate_not_after)},
        {"key": _("最近读卡"), "value": seen},
    ]


def _other_windows(device: Device) -> list[dict[str, Any]]:
    """Return the window of each further group of kinds, which is reported with the rest and cleared by itself."""
    return [
        {
            "key": _("%(kinds)s的所属期") % {"kinds": each.kinds},
            "value": _("%(period)s，锁死日期 %(day)s（以最近读卡为准）")
            % {"period": each.period.label, "day": hall.day(each.cut_off)},
        }
        for each in selectors.other_windows(device)
    ]


def algorithm_words(device: Device) -> Text:
    """Say which algorithms the disk uses, and that neither implementation is certified (0015)."""
    return _("%(name)s。非商用密码认证产品") % {"name": device.get_algorithm_display()}


def readiness(device: Device, state: dict[str, Any] | None, today: date) -> list[Condition]:
    """Return what must hold for work with the disk, with what was measured and since when.

    `state` is the card host's own list, None when it did not answer.
    """
    reader = None
    if state is not None:
        reader = next((each for each in state["readers"] if each["serial"] == device.serial), None)
    return [
        *_way_to_disk(state, reader),
        _pin(device, reader),
        _certificate(device, today),
        _clock(device),
        _report(device, today),
    ]


def _way_to_disk(state: dict[str, Any] | None, reader: dict[str, Any] | None) -> list[Condition]:
    if state is None:
        return [Condition(_("读卡服务"), "bad", _("没有响应")), Condition(_("设备"), "unknown", _("读卡服务没有响应"))]
    if state["transport"] == "agent":
        return _way_to_pc(state)
    service = (
        Condition(_("读卡服务"), "bad", state["problem"], state["since"])
        if state["problem"]
        else Condition(_("读卡服务"), "ok", _("运行中"), state["since"])
    )
    if reader is None:
        return [service, Condition(_("设备"), "bad", _("没有在读卡器中，请插入设备"))]
    broken = Condition(_("读卡器"), "bad", _("连续出错，已停用"), reader["since"])
    name = reader["reader"]
    works = Condition(
        _("读卡器"), "ok", reader_names.spoken(name), reader["since"], detail=reader_names.technical(name)
    )
    return [
        service,
        broken if reader["is_broken"] else works,
        Condition(_("设备身份"), "ok", _("已通过挑战应答证明"), reader["since"]),
    ]


def _way_to_pc(state: dict[str, Any]) -> list[Condition]:
    (reader,) = state["readers"]
    name = reader_names.spoken(reader["reader"])
    title = _("企业电脑“%(name)s”") % {"name": state["agent"]}
    if state["problem"]:
        return [
            Condition(title, "bad", _("联系不上，请打开那台电脑并运行代理程序"), state["since"]),
            Condition(_("设备"), "unknown", _("上次在那台电脑的 %(reader)s") % {"reader": name}),
        ]
    return [
        Condition(title, "ok", _("代理程序运行中"), reader["since"]),
        Condition(
            _("读卡器"),
            "warn" if reader["note"] else "ok",
            reader["note"] or name,
            detail=reader_names.technical(reader["reader"]),
        ),
        Condition(_("设备身份"), "ok", _("已通过挑战应答证明"), reader["since"]),
    ]


def _pin(device: Device, reader: dict[str, Any] | None) -> Condition:
    if device.pin_tries == 0:
        return Condition(_("设备口令"), "bad", _("已锁定，请到办税服务厅重置"))
    if reader is not None and reader["is_unlocked"]:
        return Condition(_("设备口令"), "ok", _("已输入；15 分钟不用会自动退出"), reader.get("unlocked_since"))
    tries = _("未知") if device.pin_tries is None else str(device.pin_tries)
    return Condition(_("设备口令"), "warn", _("未输入，剩余 %(tries)s 次") % {"tries": tries}, device.last_seen_at)


def _certificate(device: Device, today: date) -> Condition:
    if device.certificate_not_after is None:
        return Condition(_("数字证书"), "unknown", _("还没有读过卡"))
    left = device.certificate_not_after - today
    outcome = "bad" if left < timedelta() else "warn" if left <= selectors.CERTIFICATE_WARNING else "ok"
    return Condition(_("数字证书"), outcome, certificate_words(device), device.last_seen_at)


def certificate_words(device: Device) -> str:
    """Say how long the disk's certificate is still good."""
    if device.certificate_not_after is None:
        return _("还没有读过卡")
    left = (device.certificate_not_after - clock.today()).days
    return _("还有 %(days)d 天到期") % {"days": left} if left >= 0 else _("已过期 %(days)d 天") % {"days": -left}


def _clock(device: Device) -> Condition:
    drift = device.clock_drift_seconds
    outcome = "bad" if abs(drift) > selectors.CLOCK_TOLERANCE_SECONDS else "ok"
    return Condition(_("设备时钟"), outcome, _("与大厅相差 %(seconds)d 秒") % {"seconds": drift}, device.last_seen_at)


def _report(device: Device, today: date) -> Condition:
    if device.is_reported:
        return Condition(_("抄报"), "ok", _("已抄报，等待清卡"), device.last_reported_at)
    if device.period_end < today:
        return Condition(_("抄报"), "warn", _("%(period)s还没有抄报") % {"period": device.period.label})
    return Condition(_("抄报"), "ok", _("所属期未结束，还不用抄报"))


def report_lines(reports: Iterable[DeviceReport]) -> list[dict[str, Any]]:
    """Return the totals of the reports of a period, one for each group of kinds, for their table."""
    names = dict(TotalKind.choices)
    return [
        {
            "kind": hall_kind(row.kind),
            "rate": rate_label(row.rate),
            "total": names[row.total_kind],
            "count": row.count,
            "amount": row.amount,
            "tax": row.tax,
        }
        for report in reports
        for row in report.total_rows()
    ]


def hall_kind(code: str) -> Text:
    """Return the name of an invoice kind."""
    return InvoiceKind(code).label


def rate_label(code: str) -> Text:
    """Return a rate as people write it."""
    return TaxRate(code).label
