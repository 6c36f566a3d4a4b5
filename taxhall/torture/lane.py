"""One case on its way: a company, what it does, where it is held, and what its disk and the ledger say."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection

from clearcard import selectors as clear_selectors
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.gateway import wire
from devices.gateway.client import HostUnavailableError, SocketCardHost
from devices.gateway.wire import CardAnswer, CardRequest
from devices.virtual.control import ControlError, ask_control
from invoicing.models import Invoice
from taxhall.common import failpoints
from taxhall.common.errors import TaxhallError
from taxhall.torture import cast
from taxhall.torture.backstage import send
from taxhall.torture.browser import Browser
from taxhall.torture.cast import Player
from taxhall.torture.diskfile import DiskFile
from taxhall.torture.matrix import Case
from taxhall.torture.places import ISSUE


@dataclass(frozen=True)
class Grounds:
    """Where the torture hall is and how it is reached."""

    var: Path
    address: str
    failpoints: Path
    socket: str

    @property
    def control(self) -> Path:
        """The control channel of the virtual disks."""
        return self.var / "run" / "virtualdisk.sock"

    @property
    def served(self) -> Path:
        """Where disks are served from."""
        return self.var / "disks"


@dataclass
class Lane:
    """One case under way."""

    grounds: Grounds
    case: Case
    player: Player
    subject: ClearCardCase | Invoice
    browser: Browser
    disk: DiskFile
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    held: list[tuple[str, str, int]] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    untrue: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    signatures_before: int = 0
    # The database was set back behind the disk: until it has been read, the hall cannot know.
    is_set_back: bool = False
    # When its disk was last pulled and put in again because a page asked for it.
    plugged_in_at: float | None = None
    # A disk of another company, for cases in which the wrong one is put in.
    understudy: Player | None = None

    @property
    def is_issue(self) -> bool:
        """Whether the case is about an invoice."""
        return self.case.act == ISSUE

    @property
    def serial(self) -> str:
        """The disk."""
        return self.player.serial

    @property
    def pk(self) -> int:
        """The application or the invoice."""
        return int(self.subject.pk)

    # ---- the person ----

    def press(self) -> bool:
        """Press the button of the act; say whether the hall answered at all."""
        return self.browser.press(*self.button())

    def button(self) -> tuple[str, dict[str, str]]:
        """Return where the act's form goes, and the form; the same key each time, as a browser sends it again."""
        if self.is_issue:
            return f"/invoices/{self.pk}/issue/", {"key": self.key}
        key = clear_selectors.submit_key(self.subject)  # type: ignore[arg-type]
        return f"/clear/{self.subject.number}/check/", {"key": key, "declaration": "on"}

    def is_pressed(self) -> bool:
        """Say whether the hall has taken the act."""
        with suppress(DatabaseError):
            self.subject.refresh_from_db()
        state = self.subject.state if self.is_issue else self.subject.status  # type: ignore[union-attr]
        return str(state) != "draft"

    # ---- places ----

    def arm(self, place: str, key: str, action: str, seconds: float = 0.0) -> None:
        """Arm a place for this case alone."""
        failpoints.arm(self.grounds.failpoints, place, key, action, seconds=seconds)

    def key_of(self, pattern: str) -> str:
        """Return the key of this case in a place's pattern."""
        return pattern.format(case=self.pk, invoice=self.pk, serial=self.serial)

    def is_at(self, place: str, key: str) -> bool:
        """Say whether some process has reached the place; whoever stands there is remembered."""
        pid = failpoints.reached_by(self.grounds.failpoints, place, key)
        if pid is None:
            return False
        if (place, key, pid) not in self.held:
            self.held.append((place, key, pid))
        return True

    def release(self, place: str = "") -> None:
        """Let whoever stands at the place, or at any place of this case, go on."""
        for name, _key, pid in self.held:
            if place in ("", name):
                send(pid, signal.SIGCONT)

    def disarm(self, place: str, key: str) -> None:
        """Take an armed place back."""
        failpoints.disarm(self.grounds.failpoints, place, key)

    # ---- the disk ----

    def control(self, **asked: Any) -> bool:
        """Ask the process that serves the disks; say whether it did it."""
        try:
            ask_control(self.grounds.control, {"serial": self.serial} | asked)
        except ControlError as error:
            self.notes.append(f"control: {error}")
            return False
        return True

    def visit(self, *steps: dict[str, Any], deadline: float = wire.READ_DEADLINE) -> CardAnswer | None:
        """Visit the disk through the card host, past the services; None when it cannot be."""
        device = self.player.device
        request = CardRequest(serial=self.serial, certificate=device.certificate, steps=tuple(steps), deadline=deadline)
        with suppress(HostUnavailableError, wire.WireError):
            answer = SocketCardHost(self.grounds.socket).exchange(request)
            return answer if answer.fault is None else None
        return None

    def unlock(self) -> bool:
        """Give the PIN, as on the unlock page; say whether the disk took it."""
        try:
            device_services.unlock_card(actor=self.player.user, device=self.player.device, pin=cast.PIN)
        except (TaxhallError, DatabaseError):
            return False
        return True

    def read_disk(self) -> None:
        """Read the disk, as the button 读卡 does; that it is away or nobody answers is no news here."""
        try:
            device_services.read_device(actor=self.player.user, device=self.player.device)
        except (TaxhallError, DatabaseError) as error:
            self.notes.append(f"read: {type(error).__name__}")
        finally:
            connection.close()

    def serve(self) -> None:
        """Put the disk among those that are served."""
        target = self.grounds.served / self.player.path.name
        self.player.path.rename(target)
        self.disk = DiskFile(target)
        if self.understudy is not None:
            self.understudy.path.rename(self.grounds.served / self.understudy.path.name)

    def take_away(self) -> None:
        """Take the disks out of their readers and their files out of the folder."""
        target = self.grounds.var / "done"
        target.mkdir(exist_ok=True)
        for player in (self.player, self.understudy):
            if player is not None:
                self.control(do="remove", serial=player.serial)
                with suppress(FileNotFoundError):
                    (self.grounds.served / player.path.name).rename(target / player.path.name)
        self.disk = DiskFile(target / self.disk.path.name)


Script = Iterator[None]
