"""Reminders in words: what is due, until when, what happens otherwise, and where it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import TextState
from accounts.models import User
from accounts.services import NoticeDraft, TextDraft
from devices.models import Device
from filing.choices import ReminderKind
from filing.selectors import DayOfReminders, DueReminder, Duty
from taxhall.common.templatetags import hall

_TITLES = {
    ReminderKind.FILE: gettext_lazy("申报增值税 %(period)s"),
    ReminderKind.PAY: gettext_lazy("缴纳税款 %(period)s"),
    ReminderKind.CLEAR: gettext_lazy("抄报清卡 %(period)s"),
    ReminderKind.UPLOAD: gettext_lazy("上传离线票 %(devices)s"),
}
_BODIES = {
    ReminderKind.FILE: gettext_lazy(
        "%(period)s的增值税还没有申报，申报期限为北京时间 %(day)s。没有开票也要零申报。"
        "逾期申报会注明逾期，并可能处以罚款；没有申报不能清卡。"
    ),
    ReminderKind.PAY: gettext_lazy(
        "%(period)s已经申报，税款还没有入库，缴款期限为北京时间 %(day)s。逾期按日加收滞纳金；没有入库不能清卡。"
    ),
    ReminderKind.CLEAR: gettext_lazy(
        "按系统记录，%(period)s还没有清卡：%(devices)s，锁死日期为北京时间 %(day)s。"
        "过了这一天没有清卡，设备停止开票，清卡后恢复。"
    ),
    ReminderKind.UPLOAD: gettext_lazy(
        "%(devices)s 的离线时长到北京时间 %(day)s为止。在那之前没有联网上传，设备停止开票，上传后恢复；"
        "已开的发票不受影响。"
    ),
}
_APPROVED = gettext_lazy("%(approved)s的清卡已批准，还没有写盘，请插好设备。")
_TEXT_TONES = {
    TextState.WAITING: "blue",
    TextState.SENT: "ok",
    TextState.REFUSED: "red",
    TextState.UNWANTED: "grey",
    TextState.LATE: "grey",
}
_AT_THIS_PACE = gettext_lazy(
    "按目前的速度推算，%(devices)s 的离线票额度在北京时间 %(day)s用完。到时没有联网上传，设备停止开票，上传后恢复；"
    "已开的发票不受影响。"
)


def notice_of(due: DueReminder, today: date) -> NoticeDraft:
    """Return the message of one reminder."""
    duty, facts = due.duty, _facts(due.duty)
    what = _TITLES[ReminderKind(duty.kind)] % facts
    body = str(_AT_THIS_PACE if not duty.is_fixed else _BODIES[ReminderKind(duty.kind)])
    if duty.approved:
        body += str(_APPROVED)
    return NoticeDraft(
        taxpayer_id=duty.taxpayer.pk,
        kind="reminder",
        title=_("%(what)s：%(left)s") % {"what": what, "left": days_left(duty, today)},
        body=body % facts,
        link=_link(duty),
        dedupe_key="reminder:" + ":".join(str(part) for part in due.identity),
    )


def text_of(person: User, told: DayOfReminders, day: date) -> TextDraft:
    """Return the one short message of a day to a person, however many companies it is about."""
    labels = _("、").join(str(ReminderKind(each).label) for each in ReminderKind.values if each in told.kinds)
    facts = {"name": told.name, "companies": told.companies, "count": told.count, "kinds": labels}
    whom = (
        _("%(name)s：%(kinds)s") % facts
        if told.companies == 1
        else _("您办理的 %(companies)s 户企业有 %(count)s 项：%(kinds)s") % facts
    )
    text = _(
        "【西安网上办税服务厅】%(whom)s，最早于北京时间 %(day)s到期。逾期可能加收滞纳金或停止开票。"
        "请登录办税服务厅查看消息，已办理的请忽略。"
    )
    return TextDraft(
        recipient=person,
        text=text % {"whom": whom, "day": hall.day(told.first_due_on)},
        useful_until=timezone.make_aware(datetime.combine(told.first_due_on + timedelta(days=1), time.min)),
        dedupe_key=f"reminder:{day}:{person.pk}",
    )


def steps_in_words(steps: Sequence[int]) -> str:
    """Say when reminders come, the earliest first; empty without steps."""
    said = [_("前 %(step)s 天") % {"step": step} if step else _("当天") for step in sorted(steps, reverse=True)]
    return _("期限") + _("、").join(said) if said else ""


def text_tone(state: str) -> str:
    """Return the tone of a short message's state."""
    return _TEXT_TONES[TextState(state)]


def days_left(duty: Duty, today: date) -> str:
    """Say how far the day is."""
    left = (duty.due_on - today).days
    near = {0: _("今天到期"), 1: _("明天到期")}
    return near.get(left) or _("还有 %(left)s 天到期") % {"left": left}


def _facts(duty: Duty) -> dict[str, str]:
    return {
        "period": duty.period.label if duty.period else "",
        "day": hall.day(duty.due_on),
        "devices": _names(duty.devices),
        "approved": _names(duty.approved),
    }


def _names(devices: Sequence[Device]) -> str:
    if len(devices) > 1:
        return _("%(device)s 等 %(count)s 台设备") % {"device": devices[0], "count": len(devices)}
    return str(devices[0]) if devices else ""


def _link(duty: Duty) -> str:
    if duty.kind == ReminderKind.PAY:
        return reverse("filing:return-pay", args=[duty.return_pk])
    if duty.kind == ReminderKind.FILE:
        return reverse("filing:return-list")
    if len(duty.devices) == 1:
        return reverse("devices:device-detail", args=[duty.devices[0].serial])
    return reverse("devices:device-list")
