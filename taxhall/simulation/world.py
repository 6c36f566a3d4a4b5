"""One schedule: who runs when, what is lost, what fails, all drawn from one seed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from clearcard.choices import CaseStatus
from clearcard.rules import course
from clearcard.rules.course import Course, Step
from devices.errors import CardHostUnavailableError, CardOutcomeUnknownError, CommandConflictError, LeaseLostError
from devices.gateway.wire import CardAnswer, CardRequest
from taxhall.common.errors import TaxhallError
from taxhall.simulation import misfortunes, scenario
from taxhall.simulation.disks import (
    START,
    SimRack,
    Stock,
)
from taxhall.simulation.hands import Books, SimHands
from taxhall.simulation.rows import ConstraintError, Ledger

WORKERS = 5
QUIET = timedelta(seconds=20)


@dataclass
class Flight:
    """A request on its way to a disk, and its answer on the way back."""

    request: CardRequest
    answer: CardAnswer | None = None


@dataclass
class Worker:
    """A process inside one course: what it does next, and the visit it waits for."""

    way: Course
    hands: SimHands
    step: Step
    flight: Flight | None = None
    # By SIGSTOP, or because its machine sleeps; it does not know when it wakes.
    is_stopped: bool = False


@dataclass
class Trace:
    """What happened, so that two runs of one seed can be compared and a failing one be read."""

    lines: list[str] = field(default_factory=list)

    def say(self, *words: object) -> None:
        """Add a line."""
        self.lines.append(" ".join(map(str, words)))

    @property
    def digest(self) -> str:
        """A digest of everything that happened."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


class World:
    """The hall, its broker, its workers and its disks."""

    def __init__(self, seed: int, stock: Stock, folder: Path) -> None:
        self.random = random.Random(seed)  # noqa: S311  # nosec B311  (a schedule, not a secret)
        # The time that passes, how far the hall's clock is off it, and how far the disks' clocks are.
        self.passed = timedelta()
        self.skew = timedelta()
        self.trace = Trace()
        self._taste: dict[str, float] = {}
        self.drift = timedelta()
        disks = [each.make(folder, self._disk_clock) for each in stock.templates]
        self.rack = SimRack(disks)
        self.books = Books(Ledger(), lambda: self.now, stock.clear_key)
        self.plan = scenario.write(self.books.ledger, stock, self.random, self.now)
        self.broker: list[tuple[str, int]] = [("execute", pk) for pk in self.books.ledger.cases]
        self.workers: list[Worker] = []
        self.ghosts: list[Flight] = []
        if self.random.random() < 0.5:
            # Half of all schedules begin with a disk that is going to fail in the clear itself.
            misfortunes.arm(self, on="APPLY_CLEAR")
        # Whether rows or disks may have changed since the truth was last looked at.
        self.is_changed = True
        self.backups: list[Ledger] = [self.books.ledger.copy()]
        # Disks whose database was set back: its words about them cannot be held against it until it has read them.
        self.set_back: set[int] = set()

    @property
    def now(self) -> datetime:
        """The hall's clock."""
        return START + self.passed + self.skew

    def _disk_clock(self) -> datetime:
        return START + self.passed + self.drift

    @property
    def ledger(self) -> Ledger:
        """All rows."""
        return self.books.ledger

    def close(self) -> None:
        """Give the disks' files back."""
        self.rack.close()

    # ---- one event ----

    def happen(self, chaos: bool) -> None:
        """Let one thing happen."""
        events = self._possible(chaos)
        names = list(events)
        weights = [events[name][0] for name in names]
        name = self.random.choices(names, weights)[0]
        self.trace.say(name)
        events[name][1]()

    def _possible(self, chaos: bool) -> dict[str, tuple[float, Callable[[], None]]]:
        awake = [each for each in self.workers if not each.is_stopped]
        asleep = [each for each in self.workers if each.is_stopped]
        runnable = [each for each in awake if each.flight is None]
        waiting = [each for each in awake if each.flight is not None]
        carried = [each for each in waiting if each.flight is not None and each.flight.answer is not None]
        flying = [each for each in waiting if each.flight is not None and each.flight.answer is None]
        found: dict[str, tuple[float, Callable[[], None]]] = {
            "clock": (1.5, self._pass_time),
            "sweep": (1, self.sweep),
        }
        if asleep:
            found["wake"] = (1 if chaos else 4, lambda: self._wake(self.random.choice(asleep)))
        if self.broker and len(self.workers) < WORKERS:
            found["deliver"] = (8, self._deliver)
        if runnable:
            found["step"] = (30, lambda: self.do(self.random.choice(runnable)))
        if flying:
            found["carry"] = (20, lambda: self.carry(self.random.choice(flying).flight))
        if carried:
            found["answer"] = (20, lambda: self._answer(self.random.choice(carried)))
        if self.ghosts:
            found["ghost"] = (5, lambda: self.carry(self.ghosts.pop(self.random.randrange(len(self.ghosts)))))
        if chaos:
            for name, (weight, act) in misfortunes.misfortunes(self, waiting).items():
                if fondness := self.taste(name):
                    found[name] = (weight * fondness, act)
        return found

    def taste(self, name: str) -> float:
        """Return how fond this schedule is of a misfortune; each leaves some out and overdoes others."""
        if name not in self._taste:
            self._taste[name] = self.random.choice((0, 0, 1, 2, 4))
        return self._taste[name]

    # ---- broker and workers ----

    def _deliver(self) -> None:
        task, pk = self.broker.pop(self.random.randrange(len(self.broker)))
        self.start(task, pk)

    def start(self, task: str, pk: int) -> None:
        """Let a worker take up a task, as `execute_clear` and `reconcile_case` begin."""
        case = self.ledger.cases.get(pk)
        if case is None or case.command_id is None:
            return
        statuses, build = (
            (course.READY, course.clear_course) if task == "execute" else (course.IN_DOUBT, course.settle_course)
        )
        self.trace.say(" ", task, pk, case.status)
        if case.status in statuses:
            self._begin(build(), SimHands(self.books, case))

    def _begin(self, way: Course, hands: SimHands) -> None:
        self.workers.append(Worker(way, hands, next(way)))

    def do(self, worker: Worker, *, survives: bool = True) -> None:
        """Let a worker do its next step; one that does not survive leaves before it knows the result."""
        name = course.name_of(type(worker.step))
        self.trace.say(" ", worker.hands.case_id, name)
        if worker.flight is not None:
            self.crash(worker)
            return
        request = worker.hands.request_for(worker.step)
        if request is not None:
            worker.flight = Flight(request)
            return
        self.books.rings.clear()
        self.is_changed = True
        try:
            result = worker.hands.do(worker.step)
        except ConstraintError as error:
            self.plan.refused_by_database.append(f"{name}: {error}")
            self.workers.remove(worker)
        except TaxhallError as error:
            self._resume(worker, error, is_error=True)
        else:
            if not survives:
                # Gone between commit and bell: the result and the bell are lost.
                self.workers.remove(worker)
                return
            self.broker += self.books.rings
            self._resume(worker, result)

    def _resume(self, worker: Worker, result: Any, *, is_error: bool = False) -> None:
        worker.flight = None
        try:
            worker.step = worker.way.throw(result) if is_error else worker.way.send(result)
        except StopIteration:
            self.workers.remove(worker)
        except TaxhallError as error:
            # What no course expects ends the task with an entry in the log.
            if not isinstance(error, LeaseLostError | CommandConflictError):
                self.plan.unexpected.append(f"{course.name_of(type(worker.step))}: {error!r}")
            self.workers.remove(worker)

    def stop(self, worker: Worker) -> None:
        """Let a process stand still; it does not know when it wakes."""
        self.trace.say(" ", worker.hands.case_id, course.name_of(type(worker.step)))
        worker.is_stopped = True

    def _wake(self, worker: Worker) -> None:
        worker.is_stopped = False

    def crash(self, worker: Worker) -> None:
        """End a process at once."""
        if worker.flight is not None and worker.flight.answer is None:
            self._leave_behind(worker.flight)
        self.workers.remove(worker)

    # ---- the way to the disk and back ----

    def carry(self, flight: Flight | None) -> None:
        """Bring a request to its disk; the answer waits for its worker."""
        if flight is not None:
            self.is_changed = True
            flight.answer = self.rack.exchange(flight.request)
            fault = flight.answer.fault
            self.trace.say(" ", flight.request.serial, "ok" if fault is None else f"{fault.kind} sent={fault.sent}")

    def _answer(self, worker: Worker) -> None:
        if worker.flight is None or worker.flight.answer is None:
            return
        try:
            result = worker.hands.read_answer(worker.step, worker.flight.answer)
        except TaxhallError as error:
            self._resume(worker, error, is_error=True)
        else:
            self._resume(worker, result)

    def lose(self, worker: Worker) -> None:
        """The card host, or the way to it, is gone: the caller cannot know how far its request came."""
        if worker.flight is None:
            return
        is_changing = worker.flight.request.is_changing
        if worker.flight.answer is None:
            self._leave_behind(worker.flight)
        error = CardOutcomeUnknownError() if is_changing else CardHostUnavailableError()
        self._resume(worker, error, is_error=True)

    def _leave_behind(self, flight: Flight) -> None:
        # A host that was only stopped still holds it, and may carry it later.
        if self.random.random() < 0.7:
            self.ghosts.append(flight)

    # ---- time, sweeper, misfortune ----

    def _pass_time(self) -> None:
        self.passed += timedelta(seconds=self.random.choice((1, 5, 20, 61, 200)))

    def sweep(self) -> None:
        """Ring for every case whose next step is due, as `sweep_cases` does."""
        for case in self.ledger.cases.values():
            is_due = case.next_attempt_at is None or case.next_attempt_at <= self.now
            if is_due and case.status in (*course.READY, *course.IN_DOUBT):
                case.next_attempt_at = self.now + QUIET
                self.broker.append(("execute" if case.status in course.READY else "reconcile", case.pk))

    def look(self) -> None:
        """Somebody presses 读卡."""
        case = self.random.choice(list(self.ledger.cases.values()))
        self._begin(_look_course(), SimHands(self.books, case))

    # ---- after the faults ----

    def heal(self) -> None:
        """Every disk is well, powered and in a reader; the clocks are right."""
        self.skew = self.drift = timedelta()
        for index, (serial, disk) in enumerate(self.rack.disks.items()):
            disk.faults.clear()
            self.rack.pull(serial)
            self.rack.insert(serial, f"reader {index}")

    @property
    def is_busy(self) -> bool:
        """Whether anything can happen without time passing."""
        return bool(self.workers or self.broker or self.ghosts)

    def advance(self) -> None:
        """A little more than a lease passes; the sweepers ring for cases and read a disk."""
        self.passed += timedelta(seconds=70)
        self.sweep()
        self.look()

    def help(self) -> None:
        """A person mends what the hall says a person must: a refused clear is tried again."""
        for case in self.ledger.cases.values():
            if case.status == CaseStatus.REFUSED:
                self.is_changed = True
                hands = SimHands(self.books, case)
                with self.ledger.transaction():
                    hands.retry()


def _look_course() -> Course:
    try:
        reading = yield course.ReadDisk()
    except TaxhallError:
        return
    yield course.NoteReading(reading)
