"""Serve the disks of one folder: over the real card service where it is installed, else over sockets."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from devices.gateway.pcscd import PcscdUnavailableError, PrivatePcscd
from devices.gateway.processes import PROJECT
from devices.virtual.control import ControlServer
from devices.virtual.rack import Rack
from devices.virtual.vpcd import SlotListener, VpcdCard

logger = logging.getLogger(__name__)

CONTROL_NAME, NOTE_NAME, ENVIRONMENT_NAME, SLOTS_NAME = "virtualdisk.sock", "virtualdisk.json", "pcsc.env", "slots"
SCAN_SECONDS = 0.5
CHECK_SECONDS = 20


class Serving:
    """Holds everything that `virtualdisk serve` runs, and takes it down again."""

    def __init__(
        self, *, disks: Path, run_folder: Path, transport: str, slots: int, clock: Callable[[], datetime]
    ) -> None:
        self._disks = disks
        self._run = run_folder
        self._transport = transport
        self._count = slots
        self._clock = clock
        self._halt = threading.Event()
        self._stack = ExitStack()
        self._pcscd: PrivatePcscd | None = None
        self.rack = Rack(disks, [], clock)

    @property
    def control_path(self) -> Path:
        """Where the control channel listens."""
        return self._run / CONTROL_NAME

    def start(self) -> dict[str, Any]:
        """Start all of it and return the note that card hosts read. Raises: PcscdUnavailableError, OSError."""
        self._run.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._disks.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            note = self._start_pcsc() if self._transport == "pcsc" else self._start_memory()
            control = ControlServer(self.rack, self.control_path, self._halt)
            self._stack.callback(control.close)
            control.start()
            self._write_note(note)
        except BaseException:
            self.stop()
            raise
        return note

    def run(self, stop: threading.Event) -> None:
        """Look for new disks until told to stop, and see that the card service is there."""
        while not stop.wait(SCAN_SECONDS):
            self.revive()
            for serial in self.rack.scan():
                logger.info("disk %s is being served", serial)

    def revive(self) -> None:
        """Start a card service of ours again that was stopped or killed; card hosts find it by themselves."""
        if self._pcscd is None:
            return
        try:
            self._pcscd.revive()
        except PcscdUnavailableError:
            logger.exception("the card service does not start again")

    def stop(self) -> None:
        """Cards first, then the card service, then the files."""
        self._halt.set()
        self._stack.close()

    def check_mapping(self) -> dict[str, str]:
        """Return reader to serial as an outside program sees it, once every disk answers.

        Raises: PcscdUnavailableError when a reader answers with another reader's disk.
        """
        expected = {slot.name: slot.disk.serial for slot in self.rack.slots if slot.disk is not None}
        if self._pcscd is None or not expected:
            return expected
        told = subprocess.run(
            [sys.executable, "-m", "devices.gateway.mapping", json.dumps(expected)],
            env={**os.environ, "PCSCLITE_CSOCK_NAME": str(self._pcscd.socket_path), "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            timeout=CHECK_SECONDS,
            check=False,
        )
        if told.returncode:
            raise PcscdUnavailableError(f"the readers are mixed up or mute: {told.stdout.strip()} {told.stderr[-500:]}")
        return expected

    def _start_pcsc(self) -> dict[str, Any]:
        service = self._pcscd = PrivatePcscd(self._run / "pcscd", self._count)
        service.start()
        self._stack.callback(service.stop)
        self._open_rack([slot.reader for slot in service.slots])
        for slot, reader in zip(self.rack.slots, service.slots, strict=True):
            VpcdCard(slot, reader.port, self._halt).start()
        return {"transport": "pcsc", "pid": os.getpid(), "socket": str(service.socket_path)}

    def _start_memory(self) -> dict[str, Any]:
        folder = self._run / SLOTS_NAME
        for stale in folder.glob("*.slot"):
            stale.unlink()
        self._open_rack([f"内存读卡器 {index:02d}" for index in range(self._count)])
        for index, slot in enumerate(self.rack.slots):
            listener = SlotListener(slot, folder / f"{index:02d}.slot", self._halt)
            self._stack.callback(listener.close)
            listener.start()
        return {"transport": "memory", "pid": os.getpid(), "slots": str(folder)}

    def _open_rack(self, names: list[str]) -> None:
        self.rack = Rack(self._disks, names, self._clock)
        self._stack.callback(self.rack.close)
        self.rack.scan()

    def _write_note(self, note: dict[str, Any]) -> None:
        target = self._run / NOTE_NAME
        draft = target.with_suffix(".tmp")
        draft.write_text(json.dumps(note))
        draft.replace(target)
        self._stack.callback(lambda: target.unlink(missing_ok=True))
        if "socket" in note:
            environment = self._run / ENVIRONMENT_NAME
            environment.write_text(f"PCSCLITE_CSOCK_NAME={note['socket']}\n")
            self._stack.callback(lambda: environment.unlink(missing_ok=True))
