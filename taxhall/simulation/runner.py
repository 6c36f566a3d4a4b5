"""Run schedules: chaos, then healing, with the invariants after every event and an end that must come."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import django

from taxhall.simulation import truth
from taxhall.simulation.disks import Stock
from taxhall.simulation.world import World

SHORTEST, LONGEST = 15, 70
# Rounds after the faults stop, a little over a minute each. A clock that was half an hour fast and is set right
# lets leases and waits (five minutes at most) run so much longer.
ROUNDS, EVENTS_PER_ROUND = 45, 80
BATCH = 250


@dataclass(frozen=True)
class Result:
    """What one schedule came to."""

    seed: int
    events: int
    problems: tuple[str, ...]
    trace: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class Tally:
    """What many schedules came to."""

    schedules: int = 0
    events: int = 0
    failed: tuple[Result, ...] = ()

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.schedules + other.schedules, self.events + other.events, (*self.failed, *other.failed))


@contextmanager
def workshop() -> Iterator[tuple[Stock, Path]]:
    """Yield a stock of disks and a folder to copy them into, in memory where there is such a place."""
    shared = Path("/dev/shm")  # noqa: S108  (memory; a private folder is made in it)
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as name:
        folder = Path(name)
        yield Stock.make(folder), folder


def run_schedule(seed: int, stock: Stock, folder: Path) -> Result:
    """Run one schedule to its end, or to the first sentence that is not true."""
    world = World(seed, stock, folder)
    try:
        return _Schedule(world, seed).run()
    finally:
        world.close()


class _Schedule:
    """One schedule under way."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._events = 0

    def run(self) -> Result:
        world = self._world
        for _ in range(world.random.randint(SHORTEST, LONGEST)):
            if problems := self._happen(chaos=True):
                return self._result(problems)
        world.trace.say("heal")
        world.heal()
        for _ in range(ROUNDS):
            if not truth.unfinished(world) and not world.workers and not world.ghosts:
                return self._result([])
            if problems := self._round():
                return self._result(problems)
        return self._result(truth.unfinished(world) or ["liveness: the workers never end"])

    def _round(self) -> list[str]:
        world = self._world
        world.trace.say("round")
        world.help()
        world.advance()
        for _ in range(EVENTS_PER_ROUND):
            if not world.is_busy:
                break
            if problems := self._happen(chaos=False):
                return problems
        return []

    def _happen(self, *, chaos: bool) -> list[str]:
        self._events += 1
        self._world.happen(chaos)
        if not self._world.is_changed:
            return []
        self._world.is_changed = False
        return truth.violations(self._world)

    def _result(self, problems: list[str]) -> Result:
        trace = self._world.trace
        return Result(self._seed, self._events, tuple(problems), tuple(trace.lines), trace.digest)


def run_batch(first: int, count: int) -> Tally:
    """Run schedules one after another, up to the first with a problem."""
    tally = Tally()
    with workshop() as (stock, folder):
        # The hall and the stock stay: the garbage collector need not go over them once a schedule.
        gc.collect()
        gc.freeze()
        for seed in range(first, first + count):
            result = run_schedule(seed, stock, folder)
            tally += Tally(1, result.events, (result,) if result.problems else ())
            if result.problems:
                break
    return tally


def run_many(
    first: int, count: int, *, seconds: float = float("inf"), jobs: int = 0, say: Callable[[Tally], None]
) -> Tally:
    """Run schedules on all processors until they are done, the time is up or one has a problem."""
    jobs = jobs or os.cpu_count() or 1
    tally, until = Tally(), time.monotonic() + seconds
    starts = iter(range(first, first + count, BATCH))
    # Started afresh, not forked: nothing of this process leaks into the schedules.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=django.setup) as pool:
        running = {_submit(pool, start, first + count) for _, start in zip(range(jobs), starts, strict=False)}
        while running:
            done = next(as_completed(running))
            running.remove(done)
            tally += done.result()
            say(tally)
            start = next(starts, None)
            if start is not None and not tally.failed and time.monotonic() < until:
                running.add(_submit(pool, start, first + count))
    return tally


def _submit(pool: ProcessPoolExecutor, start: int, end: int) -> Future[Tally]:
    return pool.submit(run_batch, start, min(BATCH, end - start))
