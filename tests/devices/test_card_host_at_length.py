"""The card host over time and with many disks: eight readers, a card service that dies, hundreds of sessions."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devices.gateway.lane import MAX_WAITING
from tests.devices.card_hosts import FIRST, SECOND, House, running_house

pytestmark = [pytest.mark.pcsc, pytest.mark.timeout(240)]
EIGHT = tuple(f"6610000001{number:02d}" for number in range(8))
# The whole of it, for a person with some minutes: TAXHALL_SESSIONS=10000 before pytest.
SESSIONS = int(os.environ.get("TAXHALL_SESSIONS", "300"))
MOST_GROWTH_KIB = 4096
SIGNING = 0.15


@pytest.fixture
def house(tmp_path):
    with running_house(tmp_path, "pcsc") as house:
        yield house


@pytest.fixture
def eight(tmp_path):
    with running_house(tmp_path, "pcsc", EIGHT) as house:
        yield house


def owners(house: House) -> dict[str, int]:
    """Return the pid of each reader's owner."""
    lanes = house.server._lanes.values()
    return {lane.reader: lane.owner_pid for lane in lanes if lane.owner_pid is not None}


def test_eight_disks_in_eight_readers_are_each_found_by_what_they_prove(eight):
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(eight.status, EIGHT))
    assert [answer.identity["serial"] for answer in answers] == list(EIGHT)
    assert len({answer.reader for answer in answers}) == 8
    assert len(set(owners(eight).values())) == 8


def test_eight_slow_disks_take_little_longer_than_one(eight):
    for serial in EIGHT:
        eight.fault(serial, signing_delay=SIGNING)
    started = time.monotonic()
    assert eight.status(EIGHT[0]).fault is None
    alone = time.monotonic() - started
    started = time.monotonic()
    with ThreadPoolExecutor(8) as callers:
        assert not [answer.fault for answer in callers.map(eight.status, EIGHT) if answer.fault is not None]
    assert time.monotonic() - started < 4 * alone, "one after the other would take eight times as long"


def test_a_greedy_caller_takes_its_turns_and_no_more(house):
    house.fault(FIRST, signing_delay=0.02)
    halt = threading.Event()

    def ask_without_end() -> None:
        while not halt.is_set():
            house.status(FIRST)

    with ThreadPoolExecutor(MAX_WAITING // 2) as greedy:
        for _ in range(MAX_WAITING // 2):
            greedy.submit(ask_without_end)
        try:
            assert all(house.status(FIRST).fault is None for _ in range(5)), "somebody else gets a turn, too"
            assert house.status(SECOND).fault is None
        finally:
            halt.set()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_card_service_dies_and_comes_back_with_every_disk(house, how):
    house.unlock(FIRST)
    service = house.serving._pcscd
    os.kill(service.pid, how)
    house.await_(lambda: service.pid is None)
    answer = house.status(FIRST)
    assert answer.fault is None or not answer.fault.sent
    house.serving.revive()
    house.await_(lambda: house.seen == {FIRST, SECOND})
    assert house.status(SECOND).fault is None
    house.await_(lambda: house.status(FIRST).fault is None)
    assert house.issue(FIRST).fault.code == "disk.pin_required", "the PIN did not outlive the reader"


def test_a_card_service_that_stands_still_is_told_and_waited_for(house):
    service = house.serving._pcscd
    os.kill(service.pid, signal.SIGSTOP)
    try:
        house.await_(lambda: bool(house.host.status()["problem"]))
        answer = house.status(FIRST, deadline=1.0)
        assert answer.fault is not None
    finally:
        os.kill(service.pid, signal.SIGCONT)
    house.await_(lambda: not house.host.status()["problem"] and house.status(FIRST).fault is None)


def resident_kib(pid: int) -> int:
    """Return how much memory a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def weigh(pid: int) -> tuple[int, int, int]:
    """Return open files, threads and memory of a process."""
    return entries(f"/proc/{pid}/fd"), entries(f"/proc/{pid}/task"), resident_kib(pid)


def entries(folder: str) -> int:
    """Return how many entries a folder has."""
    return sum(1 for _ in Path(folder).iterdir())


def test_hundreds_of_sessions_leave_nothing_behind(house):
    for _ in range(20):
        assert house.status(FIRST).fault is None
    owner, service = owners(house)[house.reader_of(FIRST)["reader"]], house.serving._pcscd.pid
    before = {pid: weigh(pid) for pid in (owner, service)}
    files_before = entries("/proc/self/fd")
    for _ in range(SESSIONS):
        assert house.status(FIRST).fault is None
    for pid, (files, threads, memory) in before.items():
        now_files, now_threads, now_memory = weigh(pid)
        assert now_files <= files
        assert now_threads <= threads + 1
        assert now_memory <= memory + MOST_GROWTH_KIB
    assert entries("/proc/self/fd") <= files_before + 2
    assert owners(house)[house.reader_of(FIRST)["reader"]] == owner


@pytest.mark.parametrize("command", [["opensc-tool", "--list-readers"], ["pcsc_scan", "-r"]])
def test_strangers_tools_see_our_readers(house, command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is an independent program that the hall does not need; it is not installed")
    environment = {**os.environ, "PCSCLITE_CSOCK_NAME": str(house.serving._pcscd.socket)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True)
    assert "Virtual disk reader 00 00 00" in told.stdout + told.stderr
