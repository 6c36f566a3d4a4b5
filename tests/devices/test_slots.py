"""The memory carrier's links: what one visit leaves undone must not fall on the next."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.gateway.base import TransportError
from devices.gateway.session import DiskSession
from devices.gateway.slots import SlotPresence, SlotTransport
from devices.virtual import VirtualDisk
from devices.virtual.serving import Serving
from tests.devices.disks import START, make_spec


def test_the_reset_at_the_end_of_a_visit_is_done_before_the_next_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    VirtualDisk.create(tmp_path / "disks" / "661000000001.disk", make_spec(), clock=lambda: START).close()
    resets: list[str] = []
    at_once = VirtualDisk.reset

    def reset_when_the_machine_is_busy(disk: VirtualDisk) -> None:
        threading.Event().wait(0.1)
        at_once(disk)
        resets.append("done")

    serving = Serving(
        disks=tmp_path / "disks", run_folder=tmp_path / "run", transport="memory", slots=1, clock=lambda: START
    )
    serving.start()
    try:
        monkeypatch.setattr(VirtualDisk, "reset", reset_when_the_machine_is_busy)
        transport = SlotTransport(str(tmp_path / "run" / "slots"))
        with transport.open(transport.readers()[0]) as channel:
            DiskSession(channel).select()
        # One when the power came, one when the visit ended.
        assert resets == ["done", "done"]
    finally:
        serving.stop()


@pytest.fixture
def closing_slot(tmp_path: Path) -> Iterator[Path]:
    """A folder with one slot that hangs up on everybody at once, as a server does that is just ending."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "00.slot"))
    listener.listen()

    def hang_up() -> None:
        while True:
            try:
                link, _address = listener.accept()
            except OSError:
                return
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.close()

    threading.Thread(target=hang_up, daemon=True).start()
    yield tmp_path
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_slot_that_hangs_up_is_an_absent_disk_and_no_broken_watch(closing_slot: Path) -> None:
    transport = SlotTransport(str(closing_slot))
    (reader,) = transport.readers()
    for _ in range(20):
        with pytest.raises(TransportError):
            SlotPresence(str(closing_slot), reader).wait(0.1)
        with pytest.raises(TransportError), transport.open(reader):
            pass


def test_an_owner_whose_watch_breaks_ends_and_does_not_live_on_deaf() -> None:
    broken = (
        "import devices.gateway.owner as owner\n"
        "class Presence:\n"
        "    def wait(self, seconds): raise ZeroDivisionError('broken watch')\n"
        "owner.presence_of = lambda *names: Presence()\n"
        "owner.main(['--transport', 'memory', '--reader', 'none', '--slots', '/nonexistent'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", broken], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert b"broken watch" in process.stderr.read()
    finally:
        process.kill()
        process.communicate()
