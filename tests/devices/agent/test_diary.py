"""What the window of the agent shows: one line an act, in Beijing time and Chinese words, and no secret."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from devices.agent import words
from devices.agent.diary import Diary
from devices.gateway.operations import OPERATIONS
from devices.gateway.wire import CardAnswer, Fault, FaultKind

SERIAL = "661000000001"
AT = datetime(2026, 11, 26, 11, 30, 5, tzinfo=UTC)
DONE = CardAnswer(results=({},))
KINDS = [value for name, value in vars(FaultKind).items() if name.isupper()]


@pytest.fixture
def lines() -> list[str]:
    """Return what was written."""
    return []


@pytest.fixture
def diary(lines: list[str]) -> Diary:
    """Return a diary of one moment."""
    return Diary(write=lines.append, now=lambda: AT)


def visit(*steps: dict[str, object]) -> dict[str, object]:
    return {"serial": SERIAL, "steps": list(steps)}


LOOK = visit({"op": "status", "nonce": "00"}, {"op": "last_clear"})


def test_an_act_is_one_line_with_moment_zone_disk_act_and_outcome(diary: Diary, lines: list[str]) -> None:
    diary.note_visit(visit({"op": "apply_clear", "token": {"raw": "5ec2e7"}}), DONE)
    assert lines == [f"2026-11-26 19:30:05（北京时间） {SERIAL} 清卡：完成"]


def test_a_disk_that_is_looked_at_each_minute_is_told_of_once(diary: Diary, lines: list[str]) -> None:
    for _ in range(3):
        diary.note_visit(LOOK, DONE)
    diary.note_visit(LOOK, CardAnswer(fault=Fault(FaultKind.ABSENT)))
    diary.note_visit(LOOK, DONE)
    diary.note_visit(visit({"op": "issue"}), DONE)
    diary.note_visit(visit({"op": "issue"}), DONE)
    assert [line.split(" ")[-1] for line in lines] == [
        "读卡：完成",
        "读卡：设备不在读卡器中，没有执行",
        "读卡：完成",
        "开具发票：完成",
        "开具发票：完成",
    ]


def test_what_an_earlier_run_began_is_named_so(diary: Diary, lines: list[str]) -> None:
    unknown = CardAnswer(fault=Fault(FaultKind.BROKEN, sent=True))
    diary.note_visit(visit({"op": "void"}), unknown, is_recovered=True)
    assert lines[0].endswith("上次中断的作废发票：结果不明，大厅会读设备核实")


def test_nonsense_for_a_request_is_told_all_the_same(diary: Diary, lines: list[str]) -> None:
    for request in ({}, {"steps": None}, {"steps": ["x"]}):
        diary.note_visit(request, CardAnswer(fault=Fault(FaultKind.INVALID)))
    assert lines == ["2026-11-26 19:30:05（北京时间） - 任务：任务不合规定，没有执行"]


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - {"prove"}))
def test_every_operation_has_words(operation: str) -> None:
    assert words.act([{"op": operation}]) != words.act([])


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_has_words_and_what_may_have_been_sent_is_never_called_undone(kind: str) -> None:
    assert words.why(Fault(kind)) != words.why(Fault("unheard of"))
    if kind != FaultKind.REFUSED:
        assert words.why(Fault(kind, sent=True)) == "结果不明，大厅会读设备核实"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(FaultKind.REFUSED, code="disk.pin_wrong", tries_left=6), "设备口令错误，剩余 6 次"),
        (Fault(FaultKind.REFUSED, code="disk.pin_blocked"), "设备口令已锁定"),
        (Fault(FaultKind.REFUSED, code="disk.pin_required"), "设备拒绝：还没有输入口令"),
        (Fault(FaultKind.REFUSED, code="disk.stock_empty"), "设备拒绝（disk.stock_empty），这条指令没有执行"),
    ],
)
def test_a_refusal_says_what_the_disk_wants(fault: Fault, told: str) -> None:
    assert words.outcome(CardAnswer(fault=fault)) == told


def test_a_window_that_was_closed_stops_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, _text: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert Diary().note(SERIAL, "清卡", "完成") is None


def test_moments_are_told_in_beijing_time_wherever_the_pc_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert words.moment_of("2026-11-26T11:30:05+00:00") == "2026-11-26 19:30:05（北京时间）"
    assert words.moment_of("") == "无"
