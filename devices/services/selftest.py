"""Trying a disk out (自检): what it proves of itself now, each point measured; and keeping its own log."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices import policies
from devices.errors import DiskError
from devices.gateway import reader_names
from devices.models import Device, DiskLogRecord
from devices.services.cards import pin_tries_on_card, read_card
from devices.services.logs import read_log
from devices.services.records import record_reading
from taxhall.common.policies import require

Text = str | Promise


@dataclass(frozen=True)
class SelfTestLine:
    """One point of the self-test: `outcome` ok, warn, bad or unknown, and what was measured."""

    title: Text
    outcome: str
    measured: Text


def run_self_test(*, actor: User, device: Device) -> list[SelfTestLine]:
    """Read everything of a disk that needs no PIN, and say of each point what was measured; changes nothing on it.

    Raises: NotPermittedError.
    """
    require(policies.can_view_device(actor, device), _("您没有查看这块税控设备的权限。"))
    lines = [_identity(device), _pin(device), _log(device)]
    outcomes = [line.outcome for line in lines]
    with transaction.atomic():
        account_services.record_audit_event(
            actor=actor, action="devices.self_test", obj=device, taxpayer=device.taxpayer, data={"outcomes": outcomes}
        )
    return lines


def _identity(device: Device) -> SelfTestLine:
    title = _("设备身份与签名")
    try:
        reading = read_card(device=device)
        record_reading(device=device, reading=reading)
    except DiskError as error:
        return SelfTestLine(title, "bad", error.message)
    words = _("设备签了大厅刚给的随机数，密钥与登记的一致；读卡器 %(reader)s") % {
        "reader": reader_names.spoken(reading.reader)
    }
    return SelfTestLine(title, "ok", words)


def _pin(device: Device) -> SelfTestLine:
    title = _("设备口令")
    try:
        tries = pin_tries_on_card(device=device)
    except DiskError as error:
        return SelfTestLine(title, "unknown", error.message)
    words = _("还可以输入 %(tries)d 次；自检不使用口令") % {"tries": tries}
    return SelfTestLine(title, "ok" if tries > 1 else "warn" if tries else "bad", words)


def _log(device: Device) -> SelfTestLine:
    title = _("设备日志")
    try:
        count = keep_log(device=device)
    except DiskError as error:
        return SelfTestLine(title, "unknown", error.message)
    return SelfTestLine(title, "ok", _("日志连续、已验签，新存入 %(count)d 条") % {"count": count})


def keep_log(*, device: Device) -> int:
    """Keep the lines of the disk's own log that the hall has not got yet, and return how many.

    Raises: the errors of `devices.services.logs.read_log`.
    """
    last = device.log_records.aggregate(last=Max("number"))["last"] or 0
    entries = [each for each in read_log(device=device, first=last + 1 if last else 0) if each.number > last]
    rows = [
        DiskLogRecord(device=device, number=each.number, at=each.at, event=each.event, detail=each.detail)
        for each in entries
    ]
    DiskLogRecord.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
