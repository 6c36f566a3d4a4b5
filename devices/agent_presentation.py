"""How a company's PC is told on its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from devices.models import Agent
from devices.presentation import Words
from devices.services.agents.carrier import SILENCE_SECONDS
from taxhall.common.templatetags import hall

Text = str | Promise


@dataclass(frozen=True)
class AgentCard:
    """One PC: its state in words and what is known of it."""

    agent: Agent
    words: Words
    rows: list[dict[str, Any]]


def card(agent: Agent, *, newest: str) -> AgentCard:
    """Return a PC as its page shows it."""
    disks = [each.device.serial for each in agent.disks.all() if each.is_held]
    heard = hall.moment(agent.last_contact_at) if agent.last_contact_at else _("还没有联系过")
    rows = [
        {"key": _("插在这台电脑上的设备"), "value": "、".join(disks) or _("没有")},
        {"key": _("最近联系"), "value": heard},
        {"key": _("程序版本"), "value": agent.version or _("未知"), "note": _version_note(agent, newest)},
        {"key": _("操作系统"), "value": agent.platform or _("未知")},
        {"key": _("待上报的结果"), "value": _("%(count)d 条") % {"count": agent.unreported}},
        {"key": _("连接人"), "value": str(agent.enrolled_by)},
    ]
    return AgentCard(agent, _words(agent), rows)


def _version_note(agent: Agent, newest: str) -> str:
    if agent.is_revoked or not agent.version or agent.version == newest:
        return ""
    return _("最新版本是 %(newest)s，请在那台电脑上更新") % {"newest": newest}


def _words(agent: Agent) -> Words:
    if agent.revoked_at is not None:
        return Words("grey", _("已停用"), _("%(at)s 停用") % {"at": hall.moment(agent.revoked_at)})
    heard = agent.last_contact_at
    if heard is not None and (timezone.now() - heard).total_seconds() <= SILENCE_SECONDS:
        return Words("ok", _("在线"), _("代理程序正在运行"))
    return Words("amber", _("未联系"), _("这台电脑关机、断网，或代理程序没有运行"))
