"""The compatibility page (确保设备兼容性): each link from the browser to the disk, measured, with its fix.

Nothing is assumed: what was not measured is told as unknown, with how to measure it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from devices.agent import VERSION
from devices.card_presentation import driver_words
from devices.models import Agent, Device
from devices.presentation import Judged
from devices.protocol.constants import PROTOCOL_VERSION
from devices.protocol.messages import VersionInfo
from devices.rules import browsers
from devices.services.ways import Way
from taxhall.common.templatetags import hall

Text = str | Promise


@dataclass(frozen=True)
class Link(Judged):
    """One link of the chain: what was measured, how it is, what mends it, and where help is."""

    title: Text
    outcome: str
    measured: Text
    fix: Text = ""
    help_slug: str = ""


def of_browser(user_agent: str) -> list[Link]:
    """Measure browser and system by what the request itself says."""
    browser, system = browsers.browser_of(user_agent), browsers.system_of(user_agent)
    oldest = "、".join(f"{name} {version}" for name, version in browsers.OLDEST.items())
    browser_fix = _("请使用不低于这些版本的浏览器：%(oldest)s。") % {"oldest": oldest}
    system_fix = _("自己的电脑上接读卡器，需要 Windows 10 以上或 Linux；设备插在大厅读卡器的，任何系统都可以办理。")
    return [
        Link(_("浏览器"), browsers.browser_outcome(browser), _named(browser), browser_fix, "compatibility"),
        Link(_("操作系统"), browsers.system_outcome(system), _named(system), system_fix, "own-pc"),
    ]


def _named(seen: browsers.Seen) -> str:
    return f"{seen.name} {seen.version}".strip() or _("浏览器没有说明自己是什么")


def of_service(state: dict[str, Any] | None) -> list[Link]:
    """Measure the hall's own card service."""
    title, fix = _("读卡服务（大厅）"), _("请稍后再试；一直如此的，请联系技术支持，说明代码 disk.host_unavailable。")
    if state is None:
        return [Link(title, "bad", _("没有响应"), fix, "f20")]
    since = hall.moment(state["since"])
    if state["problem"]:
        return [Link(title, "bad", f"{state['problem']} · {since}", fix, "f20")]
    count = sum(1 for each in state["readers"] if each["is_present"])
    words = _("%(since)s 起运行，%(driver)s，%(count)d 块设备在读卡器中") % {
        "since": since,
        "driver": driver_words(state["transport"]),
        "count": count,
    }
    return [Link(title, "ok", words)]


def of_agents(agents: Iterable[Agent], *, is_heard: Any) -> list[Link]:
    """Measure each PC that the company connected."""
    links = []
    for agent in agents:
        if agent.is_revoked:
            continue
        is_up, is_new = is_heard(agent), agent.version == VERSION
        heard = hall.moment(agent.last_contact_at) if agent.last_contact_at else _("还没有联系过")
        data = {"version": agent.version or _("未知"), "platform": agent.platform or _("未知"), "heard": heard}
        words = _("版本 %(version)s，%(platform)s，最近联系 %(heard)s") % data
        update = _("请在那台电脑上更新到 %(newest)s。") % {"newest": VERSION}
        start = _("请打开那台电脑并运行代理程序。")
        outcome = "bad" if not is_up else "ok" if is_new else "warn"
        fix = start if not is_up else update
        title = _("代理程序（%(name)s）") % {"name": agent.name}
        links.append(Link(title, outcome, words, fix, "own-pc"))
    return links


def of_disk(device: Device, way: Way, version: VersionInfo | str | None) -> list[Link]:
    """Measure reader, driver and applet of one disk; `version` is words when the disk gave none."""
    plug = _("请把设备插入读卡器，等指示灯稳定后读卡；连不上的换一个 USB 口或读卡器。")
    name = {"serial": device.serial}
    reader = Link(_("读卡器（%(serial)s）") % name, "bad", _("设备不在读卡器中"), plug, "f13")
    if way.place:
        words = f"{way.place} · {hall.moment(way.since)}" if way.since else way.place
        reader = Link(_("读卡器（%(serial)s）") % name, "ok" if way.is_up else "bad", way.problem or words, plug, "f13")
    driver_fix = _("Windows 请启动“智能卡”服务；Linux 请安装并启动 pcscd，再重新插入读卡器。")
    outcome = "unknown" if not way.transport else "bad" if way.problem and not way.place else "ok"
    driver = Link(
        _("驱动（%(serial)s）") % name, outcome, way.problem or driver_words(way.transport), driver_fix, "compatibility"
    )
    return [reader, driver, _applet(device, version)]


def _applet(device: Device, version: VersionInfo | str | None) -> Link:
    title = _("设备程序（%(serial)s）") % {"serial": device.serial}
    if version is None:
        return Link(title, "unknown", _("还没有量"), _("请点击“量一下设备”。"))
    if isinstance(version, str):
        return Link(title, "unknown", version, _("请按提示处理后再量一次。"), "f13")
    is_same = version.version == PROTOCOL_VERSION
    words = _("%(applet)s，版本 %(version)s，算法 %(algorithm)s") % {
        "applet": version.applet,
        "version": version.version,
        "algorithm": version.algorithm,
    }
    if version.is_virtual:
        words += _("，演示盘")
    fix = _("大厅使用的版本是 %(ours)s；版本不同的设备请到办税服务厅升级或更换。") % {"ours": PROTOCOL_VERSION}
    return Link(title, "ok" if is_same else "warn", words, fix, "compatibility")
