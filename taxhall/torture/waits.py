"""What scripts of cases wait for."""

from __future__ import annotations

import time

from taxhall.torture.lane import Lane, Script

PRESS_AGAIN_SECONDS = 0.5


def until(lane: Lane, place: str, key: str) -> Script:
    """Wait for somebody to reach a place."""
    while not lane.is_at(place, key):
        yield


def press(lane: Lane) -> Script:
    """Press until the hall has taken the act; a place in the web process may swallow the first press."""
    while not (lane.press() and lane.is_pressed()) and not lane.is_pressed():
        if lane.case.place is not None and lane.is_at(lane.case.place.name, lane.key_of(lane.case.place.key)):
            return
        # A person looks at the page before the next press.
        yield from moments(PRESS_AGAIN_SECONDS)


def moments(seconds: float) -> Script:
    """Let time pass."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
