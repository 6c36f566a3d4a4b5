"""A whole taxpayer side: virtual disks in readers, and the agent as a process of its own against a live hall."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from accounts.models import Membership
from devices import services as device_services
from devices.gateway.client import HostUnavailableError
from devices.gateway.wire import CardAnswer, CardRequest
from devices.models import Device
from devices.protocol.commands import Ins
from devices.signer.keys import HallKeys
from devices.virtual import VirtualDisk
from devices.virtual.serving import Serving
from taxhall.common import clock
from tests.harness.cards import PIN, CardRack
from tests.project.sources import ROOT

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class PagePlace:
    """The address of the agent's page, in parts."""

    port: int
    secret: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def address(self) -> str:
        return f"{self.origin}/{self.secret}/"


class Gate:
    """Holds a disk at one command: before it acts, or after it acted and before it answers."""

    def __init__(self, disk: VirtualDisk, command: str, *, after: bool) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self._faults, self._name = disk.faults, "after_command" if after else "before_command"
        self._ins, self._pass = Ins[command], getattr(disk.faults, self._name)
        setattr(self._faults, self._name, self._hold)

    def _hold(self, ins: int, *rest: Any) -> Any:
        if ins == self._ins and not self.reached.is_set():
            self.reached.set()
            assert self.opened.wait(PATIENCE_SECONDS)
        return self._pass(ins, *rest)

    def open(self) -> None:
        """Let the disk go on, and stand in nobody's way any more."""
        self.opened.set()


class AgentHouse(CardRack):
    """The rack of the other tests, but the disks are reached through the agent alone: the hall has no reader."""

    def __init__(self, folder: Path, keys: HallKeys, hall: str) -> None:
        super().__init__(folder, keys)
        self.hall = hall
        self.home = folder / "agent"
        self.run_folder = folder / "run"
        self.disks = folder / "disks"
        self.serving = Serving(
            disks=self.disks, run_folder=self.run_folder, transport="memory", slots=2, clock=clock.now
        )
        self.serving.start()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "agent.log"

    # ---- disks ----

    def add(self, device: Device, **changes: Any) -> VirtualDisk:
        """Issue a disk for the row and put it into a reader of the PC."""
        made = self.make(device, self.disks, **changes)
        device.certificate, device.public_key_id = made.certificate.pem, made.certificate.public_key.key_id
        device.save(update_fields=["certificate", "public_key_id"])
        made.close()
        self.serving.rack.scan()
        self._disks[device.serial] = self.serving.rack.disk(device.serial)
        return self._disks[device.serial]

    def pull(self, device: Device) -> None:
        """Take the disk out of the PC."""
        self.serving.rack.remove(device.serial)

    def insert(self, device: Device) -> None:
        """Put it back."""
        self.serving.rack.insert(device.serial)

    def exchange(self, request: CardRequest) -> CardAnswer:
        """The hall's own card host: there is none here."""
        raise HostUnavailableError("no card host at this hall", sent=False)

    def status(self) -> dict[str, Any]:
        """The hall's own card host: there is none here."""
        raise HostUnavailableError("no card host at this hall", sent=False)

    def unlock(self, device: Device, pin: str = PIN) -> None:
        """Give the PIN on the page of the PC, as a person would."""
        self.await_(lambda: device.serial in self.held(), "the disk is not held")
        if not any(disk["serial"] == device.serial and disk["is_unlocked"] for disk in self.look()["disks"]):
            status, text = self.post("pin", serial=device.serial, pin=pin)
            assert status == 200, text
        self.await_(lambda: device_services.is_unlocked(device), "the hall does not know that the disk is open")

    # ---- the agent ----

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "devices.agent", "--home", str(self.home), *words]

    def call(self, *words: str, stdin: str = "", seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run one command of the agent to its end."""
        return subprocess.run(
            self.command(*words), cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=seconds, check=False
        )

    def enrol(self, membership: Membership) -> None:
        """Make a code as the page does and use it on the PC."""
        code, _row = device_services.create_agent_code(actor=membership.user, taxpayer=membership.taxpayer)
        done = self.call("enrol", self.hall, code, "--name", "财务室电脑")
        assert done.returncode == 0, done.stderr

    def start(self, *more: str) -> None:
        """Start the agent and wait until its page is there."""
        with self.log.open("ab") as log:
            words = self.command("run", "--virtual", str(self.run_folder), *more)
            self.process = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        self.await_((self.home / "page.json").exists, "the agent did not start")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the agent and return its exit code."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.send_signal(number)
        code = process.wait(60)
        if number == signal.SIGKILL:
            (self.home / "page.json").unlink(missing_ok=True)
        return code

    def close(self) -> None:
        """End everything, the agent first: a request that the hall still answers holds locks on its tables."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        self.serving.stop()

    @property
    def spool(self) -> list[Path]:
        """What the agent keeps for the hall."""
        return sorted((self.home / "spool").glob("*.visit"))

    # ---- its page ----

    @property
    def page(self) -> PagePlace:
        """Where the page of the agent that runs is."""
        port = json.loads((self.home / "page.json").read_text())["port"]
        return PagePlace(int(port), (self.home / "page.secret").read_text())

    def look(self) -> dict[str, Any]:
        """Return what `taxhall-agent status` reads."""
        found: dict[str, Any] = json.loads(self.ask("GET", "status.json")[1])
        return found

    def held(self) -> list[str]:
        """Return the serials that the hall believes to be here."""
        return [disk["serial"] for disk in self.look()["disks"] if disk["is_held"]]

    def post(self, name: str, **form: str) -> tuple[int, str]:
        """Send a form of the page, as the browser does, and return what the page then says."""
        status, text = self.ask("POST", name, urllib.parse.urlencode(form), {"Origin": self.page.origin})
        return self.ask("GET", "") if status == 303 else (status, text)

    def ask(self, method: str, name: str, body: str = "", headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Send one request to the page; headers given replace a browser's own."""
        page = self.page
        given = {"Host": page.host, "Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        connection = HTTPConnection("127.0.0.1", page.port, timeout=30)
        try:
            connection.request(method, f"/{page.secret}/{name}", body=body, headers=given)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def await_(self, holds: Callable[[], bool], what: str) -> None:
        """Poll until something holds, at most the patience of a test."""
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
        while not holds():
            assert time.monotonic() < deadline, f"{what}\n{self.log.read_text() if self.log.exists() else ''}"
            pause.wait(0.05)
