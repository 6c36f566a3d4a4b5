"""The cases: every place with everything that can strike there, every fault of a disk, and what needs a stage."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from taxhall.torture import backstage
from taxhall.torture.places import CLEAR, ISSUE, PLACES, Place

KILL, STOP, FAIL, DELAY = "SIGKILL", "SIGSTOP", "raise", "delay"
ITSELF = "itself"


@dataclass(frozen=True)
class Blow:
    """What strikes while a case is at a place: the process that is there, or another one, and how."""

    target: str
    how: str

    def __str__(self) -> str:
        return f"{self.target} {self.how}"


BLOWS: tuple[Blow, ...] = (
    *(Blow(ITSELF, how) for how in (KILL, STOP, FAIL, DELAY)),
    *(Blow(target, how) for target in backstage.TARGETS for how in (KILL, STOP)),
)

_AT = {CLEAR: "APPLY_CLEAR", ISSUE: "ISSUE_INVOICE"}


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with the disk or its reader at the command that matters."""

    name: str
    switches: tuple[tuple[str, Any], ...] = ()
    # What a hand or the harness does while the command is on its way.
    hand: str = ""

    def __str__(self) -> str:
        return self.name

    def arming(self, act: str) -> dict[str, Any]:
        """Return the switches for the disk's control channel."""
        return dict(self.switches) | {"on": _AT[act]} if self.switches else {}


def _fault(name: str, hand: str = "", **switches: Any) -> Fault:
    return Fault(name, tuple(sorted(switches.items())), hand)


# docs: the list of pcsc.md section 8, as far as it can strike a clear or an invoice; the rest is in tests/devices.
FAULTS: tuple[Fault, ...] = (
    _fault("vanishes before acting", vanish_before=True),
    *(_fault(f"power cut before write {n}, {share:.0%} lands", tear_before_write=n, tear_share=share)
      for n in (1, 2) for share in (0.0, 0.5, 1.0)),
    _fault("vanishes after acting", vanish_after=True),
    _fault("torn frame", answer="torn"),
    _fault("one-byte answer", answer="one_byte"),
    _fault("zero-length frame", answer="zero"),
    _fault("random answer", answer="random"),
    _fault("oversized answer", answer="oversized"),
    _fault("hangs", hand="pull late", hang=True),
    _fault("slow but in time", delay=2.0),
    _fault("slower than its deadline", delay=17.0),
    _fault("wrong disk swapped in, in the polling gap", hand="swap"),
    _fault("swapped with removal seen", hand="exchange"),
    _fault("pulled before, put back later", hand="pull"),
    _fault("moved to another reader", hand="move"),
    _fault("clock eight minutes ahead", hand="clock ahead"),
    _fault("clock a day behind", hand="clock behind"),
)  # fmt: skip

# Cases that need the whole stage, one after another (see `solos.py`).
SOLOS: tuple[str, ...] = (
    "duplicates with a late second worker",
    "lease theft",
    "emptied broker",
    "database from before the command",
    "database from before the token",
    "database from before the sending",
    "hall clock jumps two hours back",
    "hall clock jumps a day ahead",
    "torn, carrier killed, broker emptied, database restarted, disk comes back elsewhere",
    "no way back while sending",
    "card service absent",
)


@dataclass(frozen=True)
class Case:
    """One case of the matrix."""

    act: str
    row: str
    column: str
    place: Place | None = None
    blow: Blow | None = None
    fault: Fault | None = None
    solo: str = ""

    @property
    def name(self) -> str:
        """How it is called in the report."""
        return f"{self.act}: {self.row} × {self.column}"

    @property
    def needs_pcsc(self) -> bool:
        """Whether it strikes the PC/SC service, which the memory carrier does without."""
        return self.blow is not None and self.blow.target == backstage.PCSCD


def strikes() -> list[Case]:
    """Return every place with every blow; web needs no blow where no person acts."""
    found = []
    for blow in BLOWS:
        for place in PLACES:
            if blow.target == backstage.WEB and not place.needs_web:
                continue
            found.append(Case(place.act, str(place), str(blow), place=place, blow=blow))
    return found


def disk_faults() -> list[Case]:
    """Return every fault of a disk with both acts."""
    return [Case(act, "disk", str(fault), fault=fault) for act in (CLEAR, ISSUE) for fault in FAULTS]


def solos() -> list[Case]:
    """Return the cases that need the whole stage."""
    return [Case(CLEAR, "stage", name, solo=name) for name in SOLOS]


def all_cases() -> list[Case]:
    """Return the whole matrix, none skipped."""
    return [*strikes(), *disk_faults(), *solos()]


def short_selection(cases: Sequence[Case], seed: int) -> list[Case]:
    """Return a part for every test run: each column once, at a place or act drawn by the seed, none twice.

    Of the cases for the whole stage, which each have the hall for themselves, one is drawn.
    """
    source = random.Random(seed)  # noqa: S311  # nosec B311  (a selection, not a secret)
    columns: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        column = "stage" if case.solo else case.column
        columns.setdefault((case.row if case.place is None else "place", column), []).append(case)
    taken: set[str] = set()
    chosen = []
    for candidates in columns.values():
        fresh = [case for case in candidates if case.place is None or case.row not in taken]
        case = source.choice(fresh or candidates)
        taken.add(case.row)
        chosen.append(case)
    return chosen


def drawn(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    """Draw so many cases by the seed, in the order of the matrix."""
    source = random.Random(seed)  # noqa: S311  # nosec B311  (a selection, not a secret)
    chosen = set(source.sample(range(len(cases)), min(count, len(cases))))
    return [case for place, case in enumerate(cases) if place in chosen]
