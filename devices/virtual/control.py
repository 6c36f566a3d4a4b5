"""The control channel of virtual disks, apart from the way of APDUs: put in, take out, set wrong.

One request, one answer, each a frame of JSON over a local socket.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from devices.gateway import wire
from devices.gateway.client import reachable
from devices.virtual.disk import NotVirtualError
from devices.virtual.rack import Rack, RackError
from devices.virtual.vpcd import LOOK_SECONDS, listen_privately

logger = logging.getLogger(__name__)
ANSWER_SECONDS = 10.0


class ControlError(Exception):
    """The serving process is not there, or refused."""


class ControlServer(threading.Thread):
    """Answers the commands of `manage.py virtualdisk` while `serve` runs."""

    def __init__(self, rack: Rack, path: Path, stop: threading.Event) -> None:
        super().__init__(daemon=True, name="control")
        self._rack = rack
        self._halt = stop
        self._path = path
        self._listener = listen_privately(path)
        self._acts: dict[str, Callable[[dict[str, Any]], Any]] = {
            "list": lambda _: self._rack.describe(),
            "insert": lambda asked: self._rack.insert(asked["serial"], asked.get("slot", "")),
            "remove": lambda asked: self._rack.remove(asked["serial"]),
            "swap": lambda asked: self._rack.swap(asked["serial"], asked["other"]),
            "clock": self._set_clock,
            "fault": self._arm,
            "heal": lambda asked: self._rack.disk(asked["serial"]).faults.clear(),
            "scan": lambda _: self._rack.scan(),
        }

    def run(self) -> None:
        """Answer one caller after another, until told to stop."""
        self._listener.settimeout(LOOK_SECONDS)
        while not self._halt.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with connection:
                self._talk(connection)

    def close(self) -> None:
        """Take the socket away."""
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _talk(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(ANSWER_SECONDS)
            connection.sendall(wire.encode(self._act(wire.read_socket(connection))))
        except (OSError, wire.WireError) as error:
            logger.info("control: %s", error)

    def _act(self, asked: dict[str, Any]) -> dict[str, Any]:
        act = self._acts.get(str(asked.get("do")))
        if act is None:
            return {"error": f"unknown act; there are {', '.join(sorted(self._acts))}"}
        try:
            return {"result": act(asked)}
        except NotVirtualError as error:
            return {"error": f"disk {error} is not marked virtual; its switches cannot be used"}
        except (RackError, KeyError, TypeError, ValueError) as error:
            return {"error": str(error)}

    def _set_clock(self, asked: dict[str, Any]) -> str:
        disk = self._rack.disk(asked["serial"])
        if "at" in asked:
            disk.set_clock(datetime.fromisoformat(asked["at"]))
        else:
            disk.clock_offset = timedelta(seconds=float(asked["offset_seconds"]))
        return disk.now.isoformat()

    def _arm(self, asked: dict[str, Any]) -> None:
        self._rack.disk(asked["serial"]).faults.arm(dict(asked["switches"]))


def ask_control(path: Path, request: dict[str, Any]) -> Any:
    """Ask the serving process and return its result. Raises: ControlError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(ANSWER_SECONDS)
        try:
            with reachable(str(path)) as address:
                link.connect(address)
            link.sendall(wire.encode(request))
            answer = wire.read_socket(link)
        except (OSError, wire.WireError) as error:
            raise ControlError(f"no virtual disks are being served ({path}): {error}") from error
    if "error" in answer:
        raise ControlError(str(answer["error"]))
    return answer["result"]
