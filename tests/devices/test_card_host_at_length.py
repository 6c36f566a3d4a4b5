"""The card host at length: eight slow disks, a greedy caller, a service that stands still, hundreds of sessions."""

from __future__ import annotations

import os
import signal
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
