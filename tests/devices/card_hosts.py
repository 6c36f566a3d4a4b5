"""A whole card host for tests: virtual disks being served, and the supervisor with its owners."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from devices.gateway.choice import choose_carrier
from devices.gateway.client import SocketCardHost
from devices.gateway.supervisor import CardHostServer
from devices.gateway.wire import CardAnswer, CardRequest
from devices.protocol.messages import InvoiceOrder, RateTotal
from devices.signer.keys import make_key_pem
from devices.virtual import VirtualDisk
from devices.virtual.serving import Serving
from tests.devices.disks import PIN, START, make_spec

FIRST, SECOND = "661000000001", "661000000002"
PATIENCE_SECONDS = 20.0


class House:
    """Two disks in readers, a card host, and a client."""

    def __init__(
        self,
        serving: Serving,
        server: CardHostServer,
        socket_path: Path,
        certificates: dict[str, str],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.serving = serving
        self.server = server
        # Where a test asks the server without its socket.
        self.loop = loop
        self.host = SocketCardHost(str(socket_path))
        self.socket_path = socket_path
        self.certificates = certificates

    def visit(self, serial: str, *steps: dict[str, Any], deadline: float = 5.0, **more: Any) -> CardAnswer:
        """Visit a disk."""
        certificate = more.pop("certificate", self.certificates[serial])
        request = CardRequest(serial=serial, certificate=certificate, steps=steps, deadline=deadline, **more)
        return self.host.exchange(request)

    def status(self, serial: str, **more: Any) -> CardAnswer:
        """Read a disk's status."""
        return self.visit(serial, {"op": "status"}, **more)

    def unlock(self, serial: str, pin: str = PIN) -> CardAnswer:
        """Give the PIN."""
        return self.visit(serial, {"op": "pin_tries"}, pin=pin)

    def issue(self, serial: str, request_id: str = "", **more: Any) -> CardAnswer:
        """Issue one invoice."""
        order = InvoiceOrder(
            request_id=request_id or uuid.uuid4().hex,
            kind="007",
            issued_at=_disk_time(),
            buyer_number="",
            buyer_name="个人",
            amount=Decimal("100.00"),
            tax=Decimal("1.00"),
            totals=(RateTotal(rate="1", amount=Decimal("100.00"), tax=Decimal("1.00")),),
        )
        return self.visit(serial, {"op": "issue", "order": order.to_json()}, **more)

    def fault(self, serial: str, **switches: Any) -> None:
        """Arm a fault."""
        self.serving.rack.disk(serial).faults.arm(switches)

    def reader_of(self, serial: str) -> dict[str, Any]:
        """Return the line of the readiness list of the reader a disk sits in."""
        slot = self.serving.rack.slot_of(serial)
        assert slot is not None
        return next(each for each in self.host.status()["readers"] if each["reader"] == slot.name)

    @property
    def seen(self) -> set[str]:
        """The disks that have said who they are."""
        return {each["serial"] for each in self.host.status()["readers"] if each["serial"]}

    def await_(self, holds: Callable[[], bool]) -> None:
        """Poll until something holds, at most the patience of a test."""
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
        while not holds():
            assert time.monotonic() < deadline, self.host.status()
            pause.wait(0.05)


def _disk_time() -> datetime:
    return START.astimezone(UTC).replace(microsecond=0)


@contextmanager
def running_house(folder: Path, transport: str, serials: tuple[str, ...] = (FIRST, SECOND)) -> Iterator[House]:
    """Serve disks, each in a reader of its own, and run a card host for them."""
    certificates = {}
    for serial in serials:
        spec = make_spec(serial, private_key=make_key_pem())
        disk = VirtualDisk.create(folder / "disks" / f"{serial}.disk", spec, clock=lambda: START)
        certificates[serial] = disk.certificate.pem
        disk.close()
    run = folder / "run"
    serving = Serving(
        disks=folder / "disks", run_folder=run, transport=transport, slots=len(serials), clock=lambda: START
    )
    serving.start()
    try:
        serving.check_mapping()
        server = CardHostServer(str(run / "cardhost.sock"), partial(choose_carrier, "auto", run, ""))
        with _in_thread(server) as loop:
            house = House(serving, server, run / "cardhost.sock", certificates, loop)
            house.await_(lambda: house.seen == set(serials))
            yield house
    finally:
        serving.stop()


@contextmanager
def _in_thread(server: CardHostServer) -> Iterator[asyncio.AbstractEventLoop]:
    runner, ready = asyncio.Runner(), threading.Event()
    loop, stop = runner.get_loop(), asyncio.Event()

    def work() -> None:
        with runner:
            runner.run(server.run(stop, on_ready=ready.set))

    thread = threading.Thread(target=work, name="card host")
    thread.start()
    assert ready.wait(PATIENCE_SECONDS)
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE_SECONDS)


__all__ = ["FIRST", "PIN", "SECOND", "House", "running_house"]
