"""The card host when disks are slow and when the card service stands still."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.devices.card_hosts import FIRST, running_house

pytestmark = [pytest.mark.pcsc, pytest.mark.timeout(240)]
EIGHT = tuple(f"6610000001{number:02d}" for number in range(8))
SIGNING = 0.15


@pytest.fixture
def house(tmp_path):
    with running_house(tmp_path, "pcsc") as house:
        yield house


@pytest.fixture
def eight(tmp_path):
    with running_house(tmp_path, "pcsc", EIGHT) as house:
        yield house


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
