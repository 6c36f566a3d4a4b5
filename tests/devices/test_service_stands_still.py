"""The card host when the card service stands still."""

from __future__ import annotations

import os
import signal

import pytest

from tests.devices.card_hosts import FIRST, running_house

pytestmark = [pytest.mark.pcsc, pytest.mark.timeout(240)]


@pytest.fixture
def house(tmp_path):
    with running_house(tmp_path, "pcsc") as house:
        yield house


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
