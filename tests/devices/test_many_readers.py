"""Eight disks in eight readers of the real card service: found, served side by side, seen by others, and recovered."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.devices.card_hosts import FIRST, House, running_house

EIGHT = tuple(f"66100000000{number}" for number in range(1, 9))
# HALL_TEST_SESSIONS=10000 before pytest is the whole of it, for a person with some minutes.
SESSIONS, WARM = int(os.environ.get("HALL_TEST_SESSIONS", "300")), 50
pytestmark = pytest.mark.timeout(180 + SESSIONS // 5)


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("eight"), "pcsc", EIGHT) as house:
        yield house


def client(house: House, *words: str) -> str:
    """Run a client of the card service that is none of ours."""
    environment = {**os.environ, "PCSCLITE_CSOCK_NAME": str(house.serving._pcscd.socket_path)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout + done.stderr


@pytest.mark.pcsc
def test_eight_disks_are_found_by_what_they_prove_and_served_side_by_side(eight: House) -> None:
    with ThreadPoolExecutor(len(EIGHT)) as pool:
        answers = list(pool.map(eight.status, EIGHT * 4))
    assert [answer.fault for answer in answers] == [None] * len(answers)
    assert [answer.identity["serial"] for answer in answers] == list(EIGHT * 4)
    lines = eight.host.status()["readers"]
    assert {line["serial"]: line["reader"] for line in lines} == {
        serial: eight.serving.rack.slot_of(serial).name for serial in EIGHT
    }
    assert all(line["since"] for line in lines)


@pytest.mark.pcsc
def test_independent_clients_see_every_reader(eight: House) -> None:
    listed = client(eight, "opensc-tool", "--list-readers")
    scanned = client(eight, "pcsc_scan", "-r")
    names = [slot.name for slot in eight.serving.rack.slots]
    assert [name for name in names if name in listed] == names
    assert [name for name in names if name in scanned] == names
    eight.await_(lambda: all(eight.status(serial).fault is None for serial in EIGHT))


@pytest.mark.pcsc
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_card_service_that_ends_is_started_again_and_every_disk_found(eight: House, how: signal.Signals) -> None:
    old = eight.serving._pcscd.pid
    os.kill(old, how)
    eight.await_(lambda: eight.serving._pcscd.pid is None)
    fault = eight.status(FIRST).fault
    assert fault is not None
    assert not fault.sent
    eight.serving.revive()
    assert eight.serving._pcscd.pid not in (None, old)
    eight.await_(lambda: sum(bool(line["serial"]) for line in eight.host.status()["readers"]) == len(EIGHT))
    assert all(eight.status(serial).fault is None for serial in EIGHT)


def grown(pid: int) -> tuple[int, int, int]:
    """Return the open files, threads and resident KiB of a process."""
    status = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line[:3] in ("Thr", "VmR")
    )
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return files, int(status["Threads"]), int(status["VmRSS"].split()[0])


@pytest.fixture(params=["memory", pytest.param("pcsc", marks=pytest.mark.pcsc)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path, request.param) as house:
        yield house


def test_a_reader_that_served_hundreds_of_visits_holds_no_more_than_before(house: House) -> None:
    pid = house.server.lanes[house.reader_of(FIRST)["reader"]].owner_pid
    for _ in range(WARM):
        assert house.status(FIRST).fault is None
    before = grown(pid)
    for _ in range(SESSIONS):
        assert house.status(FIRST).fault is None
    # The look whether a card is there opens a connection of its own for a moment.
    house.await_(lambda: grown(pid)[:2] <= before[:2])
    assert pid == house.server.lanes[house.reader_of(FIRST)["reader"]].owner_pid
    assert grown(pid)[2] - before[2] < 4096


def test_greedy_callers_do_not_keep_another_from_its_turn(house: House) -> None:
    done, taken, greedy = threading.Event(), [], 6

    def grab() -> None:
        while not done.is_set():
            taken.append(house.status(FIRST).fault)

    callers = [threading.Thread(target=grab) for _ in range(greedy)]
    for caller in callers:
        caller.start()
    try:
        house.await_(lambda: len(taken) > greedy)
        waited = []
        for _ in range(10):
            begun = len(taken)
            assert house.status(FIRST).fault is None
            waited.append(len(taken) - begun)
    finally:
        done.set()
        for caller in callers:
            caller.join(30)
    # Whoever comes waits for those before it, once each; a little more is counted while the answer travels.
    assert sorted(waited)[len(waited) // 2] <= 2 * greedy
    assert set(taken) == {None}
