"""Which browser and system a request names in its User-Agent, and whether the hall is tried with them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The oldest major versions the pages are written for (native <dialog>, CSS cascade layers, :has).
OLDEST = {"Edge": 109, "Chrome": 109, "Firefox": 115, "Safari": 16}
# The more particular name first: Edge and the Chinese browsers call themselves Chrome as well.
_BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Firefox", re.compile(r"Firefox/(\d+)")),
    ("Chrome", re.compile(r"(?:Headless)?Chrome/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)[\d.]* .*Safari/")),
)
_SYSTEMS = (
    ("Windows", re.compile(r"Windows NT ([\d.]+)")),
    ("Android", re.compile(r"Android ([\d.]+)")),
    ("iOS", re.compile(r"(?:iPhone|iPad).*? OS ([\d_]+)")),
    ("macOS", re.compile(r"Mac OS X ([\d_.]+)")),
    ("Linux", re.compile(r"Linux()")),
)
# The agent for a reader of one's own runs there; 10.0 is Windows 10 and later.
AGENT_SYSTEMS = ("Windows", "Linux")
OLDEST_WINDOWS = "10.0"


@dataclass(frozen=True)
class Seen:
    """What a request names itself: a name, empty when it is none we know, and a version."""

    name: str
    version: str


def browser_of(agent: str) -> Seen:
    """Return the browser."""
    return _first(_BROWSERS, agent)


def system_of(agent: str) -> Seen:
    """Return the operating system."""
    return _first(_SYSTEMS, agent)


def _first(known: tuple[tuple[str, re.Pattern[str]], ...], agent: str) -> Seen:
    for name, pattern in known:
        if match := pattern.search(agent):
            return Seen(name, match[1].replace("_", "."))
    return Seen("", "")


def browser_outcome(seen: Seen) -> str:
    """Say whether the pages are written for the browser: ok, bad, or unknown."""
    if seen.name not in OLDEST:
        return "unknown"
    return "ok" if int(seen.version) >= OLDEST[seen.name] else "bad"


def system_outcome(seen: Seen) -> str:
    """Say whether a reader of one's own works there: ok, bad for a Windows too old, warn where only pages work."""
    if not seen.name:
        return "unknown"
    if seen.name == "Windows" and seen.version != OLDEST_WINDOWS:
        return "bad"
    return "ok" if seen.name in AGENT_SYSTEMS else "warn"
