"""The course of a clear: what follows what, without rows and without a disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from clearcard.rules import course
from clearcard.rules.course import Recalled, Step
from clearcard.services.hands import Hands
from devices.errors import (
    CardAbsentError,
    CardOutcomeUnknownError,
    CardRefusedError,
    CommandConflictError,
    DiffersFromReviewError,
    LeaseLostError,
)

NOW = datetime(2026, 11, 5, 2, 0, tzinfo=UTC)


@dataclass
class Held:
    """A lease."""

    must_read_first: bool = False


def follow(way: course.Course, **answers: Any) -> list[str]:
    """Follow a course with prepared answers by step name; exceptions are thrown; return the names of the steps."""
    told = {"claim": Held(), "recall": Recalled(None, False, NOW), "sign": "token", "gain_right": 3} | answers
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
    assert len(course.STEPS) == 19


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
