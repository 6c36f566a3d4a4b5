"""The offline ceilings of a disk as meters with words, and which of them ends first (推算)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from devices import selectors
from devices.models import Device
from devices.selectors import GroupUse
from taxhall.common import clock
from taxhall.common.templatetags import hall

Text = str | Promise
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Meter:
    """A ceiling and how much of it is used, for <meter> and in words."""

    label: Text
    value: Decimal
    limit: Decimal
    words: Text

    @property
    def high(self) -> Decimal:
        """From here on the ceiling is near."""
        return self.limit * Decimal(str(selectors.NEAR_CEILING))


def meters(device: Device) -> list[Meter]:
    """Return the offline ceilings of every group; one that is not set has none."""
    uses = selectors.group_uses(device)
    return [meter for use in uses for meter in _meters(use, of=use.kinds if len(uses) > 1 else "")]


def _meters(use: GroupUse, *, of: str) -> list[Meter]:
    kinds = _("（%(kinds)s）") % {"kinds": of} if of else ""
    found = []
    if use.hours_limit:
        hours = Decimal(0 if use.since is None else max(0, (clock.now() - use.since) // HOUR))
        words = _("最早一份已离线 %(used)d 小时，上限 %(limit)d 小时") % {"used": hours, "limit": use.hours_limit}
        if use.since is None:
            words = _("没有离线票，上限 %(limit)d 小时") % {"limit": use.hours_limit}
        limit = Decimal(use.hours_limit)
        found.append(Meter(_("离线时长") + kinds, min(hours, limit), limit, words))
    if use.count_limit:
        words = _("已用 %(used)d 份，上限 %(limit)d 份") % {"used": use.count, "limit": use.count_limit}
        found.append(Meter(_("离线票份数") + kinds, Decimal(use.count), Decimal(use.count_limit), words))
    if use.amount_limit:
        amounts = {"used": hall.money(use.amount), "limit": hall.money(use.amount_limit)}
        words = _("已用 %(used)s 元，上限 %(limit)s 元") % amounts
        found.append(Meter(_("离线票金额") + kinds, use.amount, use.amount_limit, words))
    return found


def forecast(device: Device) -> str:
    """Say which ceiling ends offline issuing first if things go on as they did; empty when none is in sight."""
    coming = selectors.coming_end(device)
    if coming is None:
        return ""
    use, end = coming
    names = {"count": _("离线票份数"), "amount": _("离线票金额"), "hours": _("离线时长")}
    data = {"name": names[end.name], "kinds": use.kinds, "at": hall.day(end.at)}
    if end.is_reached:
        return _("%(kinds)s的%(name)s已到上限，要先上传才能继续开票。") % data
    if end.name == "hours":
        return _("%(kinds)s的%(name)s到 %(at)s 为止，在那之前要完成上传。") % data
    return _("按目前的速度，%(kinds)s的%(name)s将在 %(at)s 用完，在那之前要完成上传。") % data
