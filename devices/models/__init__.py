"""Tax-control disks as the hall knows them; the disk itself is the truth."""

from __future__ import annotations

from devices.models.agent import Agent, AgentCode, AgentDisk, AgentVisit
from devices.models.command import DeviceCommand
from devices.models.device import Device, DeviceAuthorisation
from devices.models.records import (
    ClearReceiptRecord,
    DeviceReading,
    DeviceReport,
    DiskLogRecord,
    OrderReceiptRecord,
)
from devices.models.request import DeviceRequest

__all__ = [
    "Agent",
    "AgentCode",
    "AgentDisk",
    "AgentVisit",
    "ClearReceiptRecord",
    "Device",
    "DeviceAuthorisation",
    "DeviceCommand",
    "DeviceReading",
    "DeviceReport",
    "DeviceRequest",
    "DiskLogRecord",
    "OrderReceiptRecord",
]
