"""Readers of the demo are named in Chinese words, with the technical name in small letters; real ones as they are."""

from __future__ import annotations

from datetime import date

import pytest

from devices.gateway import reader_names
from devices.gateway.pcscd import SLOTS_PER_DRIVER
from devices.models import Device
from devices.presentation import readiness

DEMO = "Virtual disk reader 01 00 00"
DAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (DEMO, "演示读卡器 2（插槽 1）"),
        ("Virtual disk reader 00 00 01", "演示读卡器 1（插槽 2）"),
        ("Virtual PCD 00 00", "演示读卡器 1（插槽 1）"),
    ],
)
def test_a_reader_of_the_demo_has_a_name_that_people_read(reader: str, words: str) -> None:
    assert reader_names.spoken(reader) == words
    assert reader_names.technical(reader) == reader


@pytest.mark.parametrize("reader", ["ACS ACR39U ICC Reader 00 00", "内存读卡器 00", "", "My Virtual PCD 00 00"])
def test_any_other_reader_keeps_its_own(reader: str) -> None:
    assert reader_names.spoken(reader) == reader
    assert reader_names.technical(reader) == ""


def test_every_slot_of_the_demo_has_a_name_of_its_own() -> None:
    slots = [f"Virtual disk reader {index:02d} 00 {slot:02d}" for index in range(9) for slot in range(SLOTS_PER_DRIVER)]
    assert len({reader_names.spoken(slot) for slot in slots}) == len(slots)


def test_the_readiness_list_tells_both() -> None:
    reader = {"reader": DEMO, "serial": "661000000001", "is_unlocked": False, "is_broken": False, "since": ""}
    state = {"transport": "pcsc", "problem": "", "since": "", "readers": [reader]}
    lines = readiness(Device(serial="661000000001", period_start=DAY, period_end=DAY), state, DAY)
    told = next(line for line in lines if line.title == "读卡器")
    assert (told.measured, told.detail) == ("演示读卡器 2（插槽 1）", DEMO)
