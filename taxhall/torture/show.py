"""The whole torture inside a hall that is up: the cast, the waves, the tally."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from devices import services as device_services
from taxhall import demo_clock
from taxhall.common import failpoints
from taxhall.embedded import processes
from taxhall.torture import backstage, hands, matrix, verdict
from taxhall.torture.backstage import Backstage
from taxhall.torture.browser import Browser
from taxhall.torture.cast import Player
from taxhall.torture.diskfile import DiskFile
from taxhall.torture.lane import Grounds, Lane
from taxhall.torture.matrix import Case
from taxhall.torture.troupe import Troupe
from taxhall.torture.verdict import Verdict
from taxhall.torture.wave import Stage, WaveResult, run_wave

# Readers, and so cases at once: PC/SC has no more; without it, half of all places at a time. Two are left for disks
# that come and go.
PCSC_READERS, MEMORY_READERS, SPARE_READERS = 16, 38, 2
READERS_SECONDS = 60.0
# A case and its understudy.
FEWEST_LANES = 2
# Whoever stands in the web process brings one of its workers to a stop.
WEB_LANES = 4
WEB_WORKERS = 6
WAVES_IN_AN_ACT = 24
# A case may need several processes to meet within a lease; on a busy machine they can miss each other.
MOST_TRIES = 3


@dataclass
class Tally:
    """What everything came to."""

    transport: str
    seed: int
    lease_seconds: int
    cases: int = 0
    survived: int = 0
    in_doubt_resolved: int = 0
    lost: int = 0
    double: int = 0
    untrue: int = 0
    unfinished: int = 0
    broken: int = 0
    looks: int = 0
    reads: int = 0
    seconds: float = 0.0
    planned: int = 0
    # Cases against the PC/SC service, where disks are carried without one.
    without_pcscd: int = 0
    # Names of cases whose place nobody reached, once for each further try.
    led_again: list[str] = field(default_factory=list)
    table: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The rows of the table that did not survive."""
        return [row for row in self.table if row["outcome"] != verdict.SURVIVED]

    @property
    def is_clean(self) -> bool:
        """Whether every case that was asked for was run and survived."""
        return self.survived == self.cases == self.planned

    def leads_again(self, case: Case, found: Verdict) -> bool:
        """Say whether a case is to be led to its place once more, and note it; harm is never tried again."""
        again = found.is_miss and self.led_again.count(case.name) + 1 < MOST_TRIES
        if again:
            self.led_again.append(case.name)
        return again

    def add(self, case: Case, found: Verdict, said: Iterable[str] = ()) -> None:
        """Count one verdict."""
        self.cases += 1
        setattr(self, found.outcome, getattr(self, found.outcome) + 1)
        self.in_doubt_resolved += int(found.was_in_doubt and found.outcome == verdict.SURVIVED)
        self.table.append(
            {
                "case": case.name,
                "outcome": found.outcome,
                "was_in_doubt": found.was_in_doubt,
                "words": sorted(said),
                "reasons": found.reasons,
            }
        )

    def line(self) -> str:
        """Return the tally in one line."""
        return (
            f"cases={self.cases}/{self.planned} survived={self.survived} in_doubt_resolved={self.in_doubt_resolved} "
            f"lost={self.lost} double={self.double} untrue={self.untrue} unfinished={self.unfinished} "
            f"broken={self.broken} led_again={len(self.led_again)}"
        )


class Show:
    """One run of the torture."""

    def __init__(
        self,
        address: str,
        result: Path,
        *,
        readers: int,
        seed: int,
        minutes: float,
        patience: float,
        say: Callable[[str], None],
    ) -> None:
        failpoints.spare_this_process()
        var = Path(settings.HALL_VAR)
        self._grounds = Grounds(var, address, Path(settings.HALL_FAILPOINTS), settings.CARDHOST_SOCKET)
        self._wings = var / "wings"
        self._result = result
        self._until = time.monotonic() + minutes * 60
        self._say = say
        self._players: list[Player] = []
        self._missed: list[Case] = []
        self._raised = 0
        transport = found_readers(readers, seconds=READERS_SECONDS * patience)
        self._room = readers - SPARE_READERS
        targets = tuple(each for each in backstage.TARGETS if each != backstage.PCSCD or transport == "pcsc")
        targets = tuple(each for each in targets if each != backstage.OWNER)
        self._stage = Stage(Backstage(var, os.getppid(), patience), targets, say, patience)
        self.tally = Tally(transport, seed, settings.HALL_LEASE_SECONDS)

    def run(self, cases: Sequence[Case], *, is_mixed: bool) -> Tally:
        """Run the cases, in waves, as far as the time goes; mixed waves deal several blows at once."""
        with Troupe() as self._troupe:
            return self._run(cases, is_mixed=is_mixed)

    def _run(self, cases: Sequence[Case], *, is_mixed: bool) -> Tally:
        began = time.monotonic()
        has_pcscd = self.tally.transport == "pcsc"
        played = [case for case in cases if has_pcscd or not case.needs_pcsc]
        self.tally.planned, self.tally.without_pcscd = len(played), len(cases) - len(played)
        for _try in range(MOST_TRIES):
            self._missed = []
            self._play(waves(played, self._room, is_mixed=is_mixed))
            played = self._missed
        if self.tally.cases < self.tally.planned:
            self._say("the time is up")
        self.tally.seconds = time.monotonic() - began
        return self.tally

    def _play(self, parts: list[list[Case]]) -> None:
        for act in _acts(parts):
            if time.monotonic() < self._until:
                self._raise_cast(sum(1 + _needs_understudy(case) for wave in act for case in wave))
            for wave in act:
                if time.monotonic() < self._until:
                    self._count(run_wave(self._lanes(wave), self._stage))
                    write(self.tally, self._result)

    def _raise_cast(self, count: int) -> None:
        """Make companies in their month, then let the next month come."""
        self._say(f"raising {count} companies with a disk and an invoice each")
        self._wings.mkdir(exist_ok=True)
        first = self._raised + 1
        self._raised += count
        self._players = self._troupe.raise_players(range(first, first + count), self._wings)
        demo_clock.fast_forward(demo_clock.next_season_day())

    def _lanes(self, wave: Sequence[Case]) -> list[Lane]:
        players = [self._players.pop() for _ in wave]
        found = []
        for case, player, (subject, session) in zip(
            wave, players, self._troupe.make_ready(players, [case.act for case in wave]), strict=True
        ):
            browser = Browser(self._grounds.address, session)
            understudy = self._players.pop() if _needs_understudy(case) else None
            disk = DiskFile(player.path)
            found.append(Lane(self._grounds, case, player, subject, browser, disk, understudy=understudy))
        return found

    def _count(self, result: WaveResult) -> None:
        for lane, found in result.verdicts:
            if self.tally.leads_again(lane.case, found):
                self._missed.append(lane.case)
                continue
            self.tally.add(lane.case, found, lane.said)
            if found.outcome != verdict.SURVIVED:
                self._say(f"{found.outcome.upper()} {lane.case.name}: {'; '.join(found.reasons)} {lane.notes[-3:]}")
        self.tally.looks += result.looks
        self.tally.reads += result.reads
        columns = dict.fromkeys(lane.case.column for lane, _found in result.verdicts)
        parts = " ".join(f"{name} {seconds:.0f}" for name, seconds in result.parts.items())
        self._say(f"{result.seconds:5.1f} s ({parts})  {', '.join(columns)[:90]}  {self.tally.line()}")


def _needs_understudy(case: Case) -> bool:
    return case.fault is not None and case.fault.hand in hands.NEEDS_UNDERSTUDY


def _acts(parts: list[list[Case]]) -> Iterator[list[list[Case]]]:
    """Part the waves into acts; each has companies of its own, and a month of its own."""
    for begin in range(0, len(parts), WAVES_IN_AN_ACT):
        yield parts[begin : begin + WAVES_IN_AN_ACT]


def found_readers(count: int, *, seconds: float) -> str:
    """Wait until the card host has found its readers, and return how it reaches them. Raises: CommandError."""
    said: dict[str, Any] = {"transport": "?", "readers": ()}

    def has_all() -> bool:
        said.update(device_services.card_host_state() or {})
        return len(said["readers"]) >= count

    if not processes.becomes_true(has_all, seconds=seconds):
        raise CommandError(f"the card host has found {len(said['readers'])} of {count} readers")
    return str(said["transport"])


def waves(cases: Sequence[Case], room: int, *, is_mixed: bool = False) -> list[list[Case]]:
    """Part the cases into waves: one blow to a wave, few in the web process, as many as there are readers.

    Mixed waves are quicker and rougher: all that stands still in one, all that dies or suffers in another.
    """
    found: list[list[Case]] = []
    blows: dict[object, list[Case]] = {}
    for case in cases:
        if not case.solo:
            alike = case.blow is not None and case.blow.how == matrix.STOP
            blows.setdefault((case.fault is not None, alike) if is_mixed else case.blow, []).append(case)
    for group in blows.values():
        found += _parted(group, room)
    return found + [[case] for case in cases if case.solo]


def _parted(group: Sequence[Case], lanes: int) -> list[list[Case]]:
    if lanes < FEWEST_LANES:
        raise ValueError(f"{lanes} readers are too few to play in")
    web = [case for case in group if case.place is not None and case.place.needs_web]
    rest = [case for case in group if case not in web]
    parts = []
    while web or rest:
        part = [web.pop(0) for _ in range(min(WEB_LANES, len(web)))]
        room = lanes - len(part)
        while rest and room >= 1 + _needs_understudy(rest[0]):
            room -= 1 + _needs_understudy(rest[0])
            part.append(rest.pop(0))
        parts.append(part)
    return parts


def write(tally: Tally, path: Path) -> None:
    """Write the tally for other programs."""
    path.write_text(json.dumps(asdict(tally), ensure_ascii=False, indent=2))
