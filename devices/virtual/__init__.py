"""A tax-control disk in software that behaves as a real one, down to the last power cut."""

from __future__ import annotations

from devices.virtual.demo_clock import demo_clock, wall_clock
from devices.virtual.disk import NotVirtualError, VirtualDisk
from devices.virtual.faults import CardVanishedError, Faults
from devices.virtual.spec import DiskSpec, KindSpec, OfflineSpec
from devices.virtual.store import StateCorruptError, StateLockedError

__all__ = [
    "CardVanishedError",
    "DiskSpec",
    "Faults",
    "KindSpec",
    "NotVirtualError",
    "OfflineSpec",
    "StateCorruptError",
    "StateLockedError",
    "VirtualDisk",
    "demo_clock",
    "wall_clock",
]
