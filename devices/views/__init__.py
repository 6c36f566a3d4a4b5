"""Pages of devices: the company's disks, acts and requests about them, and the PCs that hold some of them."""

from __future__ import annotations

from devices.views.acts import (
    device_bundle,
    device_bundle_page,
    device_cancel,
    device_loss,
    device_read,
    device_test,
    device_unblock,
)
from devices.views.agents import agent_list, agent_revoke
from devices.views.compatibility import compatibility
from devices.views.disks import device_detail, device_list, device_pin, device_report, device_unlock
from devices.views.requests import (
    device_replace,
    device_replace_check,
    request_detail,
    request_successor,
    request_withdraw,
)
from devices.views.stock import device_stock, device_stock_ask, device_stock_return

__all__ = [
    "agent_list",
    "agent_revoke",
    "compatibility",
    "device_bundle",
    "device_bundle_page",
    "device_cancel",
    "device_detail",
    "device_list",
    "device_loss",
    "device_pin",
    "device_read",
    "device_replace",
    "device_replace_check",
    "device_report",
    "device_stock",
    "device_stock_ask",
    "device_stock_return",
    "device_test",
    "device_unblock",
    "device_unlock",
    "request_detail",
    "request_successor",
    "request_withdraw",
]
