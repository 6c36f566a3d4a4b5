"""The taxpayer's own PC as a carrier: letting it in, what it holds, what it is asked, what it brings."""

from __future__ import annotations

from devices.services.agents.enrol import create_agent_code, enrol_agent, revoke_agent
from devices.services.agents.holds import keep_disks
from devices.services.agents.reports import take_report
from devices.services.agents.sessions import (
    authenticate_agent,
    find_known_agent,
    note_unreported,
    open_agent_session,
)
from devices.services.agents.visits import count_waiting, hurry, purge_visits, take_visits

__all__ = [
    "authenticate_agent",
    "count_waiting",
    "create_agent_code",
    "enrol_agent",
    "find_known_agent",
    "hurry",
    "keep_disks",
    "note_unreported",
    "open_agent_session",
    "purge_visits",
    "revoke_agent",
    "take_report",
    "take_visits",
]
