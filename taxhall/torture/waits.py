"""What scripts of cases wait for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from taxhall.torture.lane import Lane, Script

PRESS_AGAIN_SECONDS = 0.5
READ_AGAIN_SECONDS = 2.0
# People press at the same time, as they do on the last day of a season; their browsers wait side by side.
_FINGERS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="browser")


def until(lane: Lane, place: str, key: str) -> Script:
    """Wait for somebody to reach a place."""
    while not lane.is_at(place, key):
        yield


def until_read(lane: Lane, place: str, key: str) -> Script:
    """Wait for somebody to reach a place, and read the disk meanwhile, as the page of a doubt asks.

    Otherwise the hall, which found the disk away when it first looked, waits longer than the case.
    """
    while not lane.is_at(place, key):
        answer = _FINGERS.submit(lane.read_disk)
        again = time.monotonic() + READ_AGAIN_SECONDS
        while (time.monotonic() < again or not answer.done()) and not lane.is_at(place, key):
            yield


def press(lane: Lane) -> Script:
    """Press until the hall has taken the act; a place in the web process may swallow the first press."""
    while True:
        answer = _FINGERS.submit(lane.browser.press, *lane.button())
        while not answer.done():
            if _is_there(lane):
                # Whoever should answer stands at the place; the browser waits for it alone.
                return
            yield
        if lane.is_pressed() or _is_there(lane):
            return
        # A person looks at the page before the next press.
        yield from moments(PRESS_AGAIN_SECONDS)


def _is_there(lane: Lane) -> bool:
    place = lane.case.place
    return place is not None and lane.is_at(place.name, lane.key_of(place.key))


def moments(seconds: float) -> Script:
    """Let time pass."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
