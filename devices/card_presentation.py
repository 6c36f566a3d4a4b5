"""A disk as a card: its state in a sentence, and the facts beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from devices import ceiling_presentation, presentation
from devices.ceiling_presentation import Meter
from devices.messages import Advice
from devices.models import Device
from devices.presentation import Words
from devices.services.ways import Way
from taxhall.common.templatetags import hall


@dataclass(frozen=True)
class DiskCard:
    """One disk of the list."""

    device: Device
    words: Words
    rows: list[dict[str, Any]]
    meters: list[Meter]
    forecast: str


def disk_card(device: Device, today: date, problems: Sequence[Advice], way: Way) -> DiskCard:
    """Return a disk as its card shows it."""
    return DiskCard(
        device=device,
        words=presentation.words_of(device, today, problems),
        rows=[*_window(device, today), *_tries(device), *way_rows(device, way)],
        meters=ceiling_presentation.meters(device),
        forecast=ceiling_presentation.forecast(device),
    )


def _window(device: Device, today: date) -> list[dict[str, Any]]:
    left = (device.issue_allowed_until - today).days
    words = _("还有 %(days)d 天") % {"days": left} if left >= 0 else _("已过 %(days)d 天") % {"days": -left}
    return [
        {"key": _("所属期"), "value": device.period.label},
        {"key": _("锁死日期"), "value": hall.day(device.issue_allowed_until), "note": words},
    ]


def _tries(device: Device) -> list[dict[str, Any]]:
    tries = _("未知") if device.pin_tries is None else _("%(tries)d 次") % {"tries": device.pin_tries}
    return [
        {"key": _("数字证书"), "value": presentation.certificate_words(device)},
        {"key": _("口令剩余"), "value": tries},
    ]


def way_rows(device: Device, way: Way) -> list[dict[str, Any]]:
    """Return where the disk is, what drives it, and when it was heard of last."""
    seen = hall.moment(device.last_seen_at) if device.last_seen_at else _("还没有读过卡")
    note = _("现在联系不上") if way.place and not way.is_up else ""
    return [
        {
            "key": _("读卡器或电脑"),
            "value": way.place or _("不在读卡器中"),
            "note": way.problem or note or way.technical,
        },
        {"key": _("驱动"), "value": driver_words(way.transport)},
        {"key": _("最近联系"), "value": seen},
    ]


def driver_words(transport: str) -> str:
    """Name what carries requests to a disk."""
    names = {
        "pcsc": _("PC/SC（系统智能卡服务）"),
        "memory": _("虚拟读卡器（演示盘）"),
        "agent": _("企业电脑上的代理程序"),
    }
    return names.get(transport, transport) or _("读卡服务没有响应")
