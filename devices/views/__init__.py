"""Pages of devices: the company's disks, and the PCs that hold some of them."""

from __future__ import annotations

from devices.views.agents import agent_list, agent_revoke
from devices.views.disks import device_detail, device_list, device_pin, device_read, device_report, device_unlock

__all__ = [
    "agent_list",
    "agent_revoke",
    "device_detail",
    "device_list",
    "device_pin",
    "device_read",
    "device_report",
    "device_unlock",
]
