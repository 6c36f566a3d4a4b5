"""What is read of each state: one of the eight words, and true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from clearcard import selectors
from clearcard.choices import CaseStatus, Lane
from tests.factories.clearcard import ClearCardCaseFactory

pytestmark = pytest.mark.django_db

WORDS = {
    "draft": "草稿",
    "submitted": "待审核",
    "reviewing": "待审核",
    "returned": "待补正",
    "approved": "处理中",
    "commanded": "处理中",
    "sending": "处理中",
    "in_doubt": "待核实",
    "manual": "待核实",
    "refused": "未清卡",
    "rejected": "未清卡",
    "withdrawn": "未清卡",
    "cleared": "已清卡",
}


@pytest.mark.parametrize("status", CaseStatus.values)
def test_each_state_has_its_word_and_a_next_step(status: str, freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-05 10:00")
    case = ClearCardCaseFactory.build(status=status) if status == "sending" else ClearCardCaseFactory(status=status)
    _tone, word, sentence, next_step = selectors.status_words(case)
    assert word == WORDS[status]
    assert sentence
    assert next_step
    if status not in ("cleared", "sending", "in_doubt", "manual"):
        assert "没有" in sentence, "who has not been cleared is told that nothing changed on the disk"
    stations = selectors.journey(case)
    assert len(stations) == 5
    assert all(each.state == "done" for each in stations) is (status == "cleared")


@pytest.mark.parametrize("status", ["approved", "commanded"])
def test_waiting_for_the_disk_is_a_condition(status: str, freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-05 10:00")
    case = ClearCardCaseFactory(status=status, waiting_code="disk.absent", waiting_text="没有找到设备。")
    words = selectors.status_words(case)
    assert words.word == "等待设备"
    assert "没有找到设备" in words.sentence


@pytest.mark.parametrize(
    ("code", "step"),
    [("disk.reader_broken", "换一台读卡器"), ("disk.absent", "已经插着的请拔出重新插好"), ("", "请插好设备，")],
)
def test_a_doubt_says_what_brings_the_disk_before_a_reader(
    freeze: Callable[[str], datetime], code: str, step: str
) -> None:
    freeze("2026-11-05 10:00")
    case = ClearCardCaseFactory(status=CaseStatus.IN_DOUBT, waiting_code=code)
    words = selectors.status_words(case)
    assert words.word == "待核实"
    assert step in words.next_step


def test_the_officers_lane_names_the_day(freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-05 10:00")
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING, lane=Lane.OFFICER)
    assert "2026-11-10" in selectors.status_words(case).next_step
    assert selectors.poll_seconds(case) == 30
