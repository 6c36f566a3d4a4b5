"""Decide how this host reaches its readers, again and again: virtual disks may be served later or elsewhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from devices.gateway.carriers import MEMORY, PCSC
from devices.gateway.pcscd import PCSCD, missing_parts
from devices.gateway.processes import OWNER, Carrier

AUTO = "auto"


def choose_carrier(
    transport: str, run_folder: Path, ca: str, owner: str = OWNER, drivers: tuple[str, ...] = ()
) -> Carrier:
    """Return the carrier: what serves the virtual disks of this folder, else the machine's card service."""
    note = _note(run_folder)
    wanted = note.get("transport", "") if transport == AUTO else transport
    if not wanted:
        wanted = PCSC if PCSCD.exists() and "pyscard" not in missing_parts() else MEMORY
    anchor = ca if ca and Path(ca).exists() else ""
    if wanted == MEMORY:
        return Carrier(
            MEMORY, slots=str(note.get("slots", run_folder / "slots")), ca=anchor, owner=owner, drivers=drivers
        )
    environment = (("PCSCLITE_CSOCK_NAME", str(note["socket"])),) if "socket" in note else ()
    return Carrier(PCSC, ca=anchor, environment=environment, owner=owner, drivers=drivers)


def _note(run_folder: Path) -> dict[str, Any]:
    """Return what `virtualdisk serve` wrote, if that process is still alive."""
    try:
        note: dict[str, Any] = json.loads((run_folder / "virtualdisk.json").read_text())
        os.kill(int(note["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return note
