"""Where a case can be struck: every named place of the two acts, and what leads there.

The places of the clear come from its course, so that a new step is tortured from the day it is written; a test
holds the others against the sources.
"""

from __future__ import annotations

from dataclasses import dataclass

from clearcard.rules import course

CLEAR, ISSUE = "clear", "issue"
BEFORE, AFTER = "before", "after"
# What leads to a place (see `approach.py`).
PLAIN, LOST, NEVER_RAN, ABSENT, GONE = "plain", "lost answer", "never ran", "absent", "gone"
STALE, ELSEWHERE, CONTRADICTED, LATE_BELL = "stale token", "cleared elsewhere", "contradicted", "late bell"

_LED_BY = {
    "note_doubt": LOST,
    "gain_right": LOST,
    "follow_lost_carrier": LOST,
    "withdraw_and_read": LOST,
    "send_again": NEVER_RAN,
    "keep_waiting": ABSENT,
    "look_again": GONE,
    "note_refusal": STALE,
    "go_back_to_review": ELSEWHERE,
    "escalate": CONTRADICTED,
    "give_back": LATE_BELL,
}


@dataclass(frozen=True)
class Place:
    """A named place, the key under which one case is struck there, and what leads the case there."""

    name: str
    key: str
    act: str = CLEAR
    led_by: str = PLAIN

    def __str__(self) -> str:
        task = self.key.split(":")[0].split(".")[-1] if self.name.startswith("ring") else ""
        act = f" ({self.act})" if self.name.startswith("card") else ""
        return f"{self.name}{f' {task}' if task else ''}{act}"

    @property
    def needs_web(self) -> bool:
        """Whether the web process acts there: a person has just pressed a button."""
        return self.name.startswith(("submit.", "issue.request.")) or self.key.startswith(
            ("clearcard.review_case", "invoicing.issue_on_disk")
        )

    @property
    def is_beyond_a_look(self) -> bool:
        """Whether a disk that has just come back is to be read before anybody comes there."""
        return self.led_by in (LOST, NEVER_RAN) and not self.name.startswith("ring.")


def _both(name: str, key: str, *, act: str = CLEAR, led_by: str = PLAIN) -> tuple[Place, ...]:
    return tuple(Place(f"{name}.{moment}", key, act, led_by) for moment in (BEFORE, AFTER))


def _clear_places() -> tuple[Place, ...]:
    found = [
        *_both("submit", "{case}"),
        *_both("ring", "clearcard.review_case:{case}"),
        *_both("review", "{case}"),
        *_both("ring", "clearcard.execute_clear:{case}"),
    ]
    for step in course.STEPS:
        name = course.name_of(step)
        found += _both(f"clear.{name}", "{case}", led_by=_LED_BY.get(name, PLAIN))
    found += _both("card", "{serial}")
    found += _both("book", "{case}")
    found += _both("ring", "clearcard.reconcile_case:{case}", led_by=LOST)
    return tuple(found)


def _issue_places() -> tuple[Place, ...]:
    return (
        *_both("issue.request", "{invoice}", act=ISSUE),
        *_both("ring", "invoicing.issue_on_disk:{invoice}", act=ISSUE),
        *_both("issue.claim", "{invoice}", act=ISSUE),
        *_both("issue.send", "{invoice}", act=ISSUE),
        *_both("card", "{serial}", act=ISSUE),
        *_both("issue.record", "{invoice}", act=ISSUE),
        *_both("issue.find", "{invoice}", act=ISSUE, led_by=LOST),
    )


PLACES: tuple[Place, ...] = (*_clear_places(), *_issue_places())
