"""The course of a clear: what follows what, without rows and without a disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from clearcard.rules import course
from clearcard.rules.course import Recalled, Step
from clearcard.rules.doubt import SentClear
from clearcard.services.hands import Hands
from devices.errors import (
    CardAbsentError,
    CardOutcomeUnknownError,
    CardRefusedError,
    CommandConflictError,
    DiffersFromReviewError,
    LeaseLostError,
)

SENT = SentClear("c1", 4, "r1")
READING = SimpleNamespace(status=SimpleNamespace(clear_counter=4), last_receipt=None, has_read_back=True)
NOW = datetime(2026, 11, 5, 2, 0, tzinfo=UTC)


@dataclass
class Held:
    """A lease."""

    must_read_first: bool = False
    fencing: int = 3


def follow(way: course.Course, **answers: Any) -> list[str]:
    """Follow a course with prepared answers by step name; exceptions are thrown; return the names of the steps."""
    told = {
        "claim": Held(),
        "gain_right": Held(must_read_first=True),
        "recall": Recalled(SENT, None, False, NOW),
        "read_disk": READING,
        "withdraw_and_read": READING,
        "sign": "token",
    } | answers
    names: list[str] = []
    try:
        step: Step = next(way)
        while True:
            names.append(course.name_of(type(step)))
            answer = told.get(names[-1])
            step = way.throw(answer) if isinstance(answer, Exception) else way.send(answer)
    except StopIteration:
        return names


def test_every_step_has_a_hand() -> None:
    assert {course.name_of(each) for each in course.STEPS} <= set(dir(Hands))
    assert len(course.STEPS) == 20


def test_a_clear_goes_its_way() -> None:
    assert follow(course.clear_course()) == [
        "claim", "read_disk", "recall", "note_reading", "begin", "sign", "mark_sending", "apply", "complete",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "error", "end"),
    [
        ("read_disk", CardAbsentError(), "keep_waiting"),
        ("begin", CardRefusedError("disk.pin_required"), "keep_waiting"),
        ("begin", CardRefusedError("disk.already_cleared"), "go_back_to_review"),
        ("sign", DiffersFromReviewError("report_digest"), "go_back_to_review"),
        ("sign", LeaseLostError("x"), "sign"),
        ("mark_sending", LeaseLostError("x"), "mark_sending"),
        ("apply", CardRefusedError("disk.token_invalid"), "note_refusal"),
        ("apply", CardAbsentError(), "note_doubt"),
        ("apply", CardOutcomeUnknownError(), "note_doubt"),
        ("complete", CommandConflictError("x"), "note_doubt"),
    ],
)
def test_each_error_has_one_end(place: str, error: Exception, end: str) -> None:
    names = follow(course.clear_course(), **{place: error})
    assert names[-1] == end
    assert ("apply" in names) is (place in ("apply", "complete"))


def test_what_a_lost_carrier_left_is_not_sent() -> None:
    assert follow(course.clear_course(), claim=Held(must_read_first=True)) == ["claim", "follow_lost_carrier"]
    assert follow(course.clear_course(), claim=None) == ["claim"]


def test_a_doubt_without_a_disk_stays_one() -> None:
    assert follow(course.settle_course(), withdraw_and_read=CardAbsentError())[-1] == "look_again"
    assert follow(course.settle_course(), gain_right=None) == ["gain_right"]


def test_a_doubt_that_is_over_is_left_alone() -> None:
    assert follow(course.settle_course(), gain_right=Held()) == ["gain_right", "give_back"]


@pytest.mark.parametrize(
    ("counter", "receipt", "end"),
    [
        (4, None, "send_again"),
        (5, ("c1", "r1", 5), "complete"),
        (5, ("c9", "r1", 5), "escalate"),
        (5, None, "escalate"),
    ],
)
def test_a_doubt_is_settled_by_counter_and_receipt(
    counter: int, receipt: tuple[str, str, int] | None, end: str
) -> None:
    names = ("command_id", "report_digest", "clear_counter_after")
    kept = None if receipt is None else SimpleNamespace(**dict(zip(names, receipt, strict=True)))
    reading = SimpleNamespace(status=SimpleNamespace(clear_counter=counter), last_receipt=kept, has_read_back=True)
    steps = follow(course.settle_course(), withdraw_and_read=reading)
    assert steps == ["gain_right", "follow_lost_carrier", "withdraw_and_read", "recall", end]
