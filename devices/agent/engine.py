"""The work itself: report what is done, ask what is to be done, do it; in this order, again and again.

Everything said to the hall is said from one place, one thing after another; only the disks work side by side. No clock
of this PC decides anything: what the hall allows, it allows for seconds counted from before it was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from enum import IntEnum
from gettext import gettext as _
from typing import Any

from devices.agent import VERSION, recovery, words
from devices.agent.diary import Diary
from devices.agent.enrolment import Belonging
from devices.agent.hall import HallRefusedError, HallUnreachableError
from devices.agent.readers import Readers
from devices.agent.sessions import HallSession
from devices.agent.spool import Entry, Spool, SpoolFullError
from devices.agent.state import Snapshot, State
from devices.gateway import reader_names
from devices.gateway.boot import boot_seconds
from devices.gateway.operations import OPERATIONS
from devices.gateway.pairing import Poll, Report, Told, Work
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind, WireError

logger = logging.getLogger(__name__)

FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 30.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 60.0
# How soon it is noticed that a disk was put in or opened.
LOOK_SECONDS = 0.25
# How long a visit that was begun by an earlier run waits for its disk before the hall is told that nobody knows.
RECOVERY_SECONDS = 10.0
# At the end, how long visits under way may take; none takes longer than its reader's deadlines allow.
LAST_SECONDS = 45.0
# With `--once`: so many turns in a row with nothing to do, and the work is done.
QUIET_TURNS = 2


class Ending(IntEnum):
    """How a run ended; also the exit code of the command."""

    DONE = 0
    UNREACHABLE = 1
    NOT_ENROLLED = 2
    REFUSED = 3
    LEFT_OVER = 4
    ALREADY_RUNNING = 5


class Engine:
    """One agent at work."""

    def __init__(
        self,
        belonging: Belonging,
        session: HallSession,
        readers: Readers,
        spool: Spool,
        diary: Diary | None = None,
    ) -> None:
        self._diary = diary or Diary()
        self._session = session
        self._readers = readers
        self._spool = spool
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._holds: dict[str, int] = {}
        self._unproved: set[str] = set()
        self._told_claims: set[tuple[str, bool]] = set()
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self.state = State(
            Snapshot(
                hall=belonging.hall,
                taxpayer_name=belonging.taxpayer_name,
                taxpayer_number=belonging.taxpayer_number,
            )
        )

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()
        self._wake.set()

    async def run(self) -> Ending:
        """Work until stopped, or until the hall has taken this PC's right away and holds all results."""
        await self._recover()
        backoff = FIRST_BACKOFF
        while not self._stop.is_set():
            try:
                pause = await self._turn()
                backoff = FIRST_BACKOFF
            except HallUnreachableError as error:
                self._note_trouble(str(error))
                pause, backoff = backoff, min(backoff * 2, LONGEST_BACKOFF)
            except HallRefusedError as error:
                self._note_trouble(str(error))
                if self._session.is_revoked and not self._spool.entries():
                    return Ending.REFUSED
                pause = LONGEST_BACKOFF
            await self._sleep(pause)
        return await self._finish()

    async def run_once(self, *, seconds: float, pin: str = "") -> Ending:
        """Do what waits now, for at most so many seconds, and say how it went; `pin` is tried once per disk."""
        await self._recover()
        end, quiet, asked = boot_seconds() + seconds, 0, set[str]()
        try:
            while not self._stop.is_set() and quiet < QUIET_TURNS and boot_seconds() < end:
                pause = await self._turn()
                for serial in sorted(set(self._holds) - asked if pin else ()):
                    asked.add(serial)
                    await self._tell_unlock(serial, pin)
                quiet = quiet + 1 if self._is_quiet() else 0
                await self._sleep(min(pause, 1.0))
            return await self._finish()
        except HallUnreachableError as error:
            self._note_trouble(str(error))
            return Ending.UNREACHABLE
        except HallRefusedError as error:
            self._note_trouble(str(error))
            return Ending.REFUSED

    def _is_quiet(self) -> bool:
        is_busy = self.state.look().waiting or self._tasks or self._spool.entries()
        return not is_busy and not self._unproved and self._readers.is_settled

    async def _tell_unlock(self, serial: str, pin: str) -> None:
        answer = await self.unlock(serial, pin)
        if answer.fault is not None:
            logger.error("disk %s was not opened: %s", serial, answer.fault.code or answer.fault.kind)

    # ---- what people do at this PC ----

    async def unlock(self, serial: str, pin: str) -> CardAnswer:
        """Give a disk its PIN, and tell the hall soon that it is open."""
        answer = await self._readers.unlock(serial, pin)
        self._diary.note(serial, _("输入口令"), words.outcome(answer))
        self._look_here()
        self._wake.set()
        return answer

    async def pin_tries(self, serial: str) -> int | None:
        """Return the tries left."""
        return await self._readers.pin_tries(serial)

    async def selftest(self, reader: str) -> CardAnswer:
        """Test a reader."""
        answer = await self._readers.selftest(reader)
        self._diary.note(reader_names.spoken(reader), _("读卡器自检"), words.outcome(answer))
        self._look_here()
        self._wake.set()
        return answer

    # ---- one turn ----

    async def _turn(self) -> float:
        """Report, ask, begin what is to be done; return how long to rest. Raises as `HallSession.say`."""
        await self._report_all()
        if self._session.is_revoked:
            await self._session.require_right()
        asked_at = boot_seconds()
        told = await self._poll([])
        if told.challenges:
            proofs = await self._prove_all(told.challenges)
            asked_at = boot_seconds()
            told = await self._poll(proofs)
        for work in _works(told):
            self._begin(work, asked_at)
        self._look_there(told)
        return min(max(float(told.again_in), SHORTEST_PAUSE), LONGEST_PAUSE)

    async def _poll(self, proofs: list[dict[str, Any]]) -> Told:
        self._told_claims = self._claimed()
        entries = self._spool.entries()
        held = {entry.visit for entry in entries} | set(self._tasks)
        message = Poll(
            disks=self._claims(),
            proofs=proofs,
            held=sorted(held),
            unreported=sum(entry.answer is not None for entry in entries),
        )
        told = await self._session.say("poll", message, Told)
        before, self._holds = self._holds, {str(serial): int(hold) for serial, hold in told.holds.items()}
        for serial in sorted(set(self._holds) - set(before)):
            self._diary.note(serial, _("向大厅证明身份"), _("完成"))
        self._unproved = {str(each.get("serial")) for each in told.challenges} - set(self._holds)
        return told

    def _claims(self) -> list[dict[str, Any]]:
        return [
            {
                "serial": reader["serial"],
                "reader": reader["reader"],
                "hold": self._holds.get(reader["serial"], 0),
                "is_unlocked": reader["is_unlocked"],
                "note": "out of use" if reader["is_broken"] else "",
            }
            for reader in self._readers.describe()
            if reader["serial"]
        ]

    async def _prove_all(self, challenges: list[dict[str, Any]]) -> list[dict[str, Any]]:
        asked = {str(each.get("serial")): str(each.get("nonce")) for each in challenges}
        self._readers.certificates.update(
            {str(each.get("serial")): str(each.get("certificate", "")) for each in challenges}
        )
        answers = await asyncio.gather(*(self._readers.prove(serial, nonce) for serial, nonce in asked.items()))
        return [
            {"serial": serial, "answer": answer.results[0]}
            for serial, answer in zip(asked, answers, strict=True)
            if answer.fault is None
        ]

    # ---- visits ----

    def _begin(self, work: Work, asked_at: float) -> None:
        if work.visit in self._tasks:
            return
        self._tasks[work.visit] = asyncio.create_task(self._carry(work, asked_at + float(work.send_within)))

    async def _carry(self, work: Work, send_before: float) -> None:
        """Do one visit: room for the answer first, then the disk, then the answer on disk."""
        entry = Entry(work.visit, work.fencing, work.request)
        try:
            request = _acceptable(work)
            entry = self._spool.begin(work.visit, work.fencing, work.request, is_changing=request.is_changing)
            answer = await self._readers.exchange(replace(request, send_before=send_before))
        except SpoolFullError as error:
            answer = CardAnswer(fault=Fault(FaultKind.NO_SPACE, detail=str(error)))
            entry = self._spool.begin(work.visit, work.fencing, work.request, is_changing=False)
        except WireError as error:
            logger.warning("refused to carry %s: %s", work.visit, error)
            answer = CardAnswer(fault=Fault(FaultKind.INVALID, detail=str(error)))
            entry = self._spool.begin(work.visit, work.fencing, work.request, is_changing=False)
        self._spool.finish(entry, answer.to_json())
        self._diary.note_visit(work.request, answer)
        self._tasks.pop(work.visit, None)
        self._wake.set()

    async def _report_all(self) -> None:
        """Bring the hall every answer it has not confirmed, and forget each once it has."""
        for entry in self._spool.entries():
            if entry.answer is None:
                continue
            report = Report(entry.visit, entry.fencing, entry.request, entry.answer, entry.is_recovered)
            try:
                await self._session.report(report)
            except HallRefusedError as error:
                if not _is_about_this_one(error):
                    raise
                logger.error("the hall does not take %s; it stays in %s", entry.visit, entry.path)
                continue
            self._spool.confirm(entry)

    async def _recover(self) -> None:
        """Ask the disks what became of visits that an earlier run began; before anything else is done."""
        begun = [entry for entry in self._spool.entries() if entry.answer is None]
        if not begun:
            return
        end = boot_seconds() + RECOVERY_SECONDS
        for entry in begun:
            answer = await self._read_back(entry, end)
            self._spool.finish(entry, answer.to_json(), is_recovered=True)
            self._diary.note_visit(entry.request, answer, is_recovered=True)

    async def _read_back(self, entry: Entry, end: float) -> CardAnswer:
        asked = None if entry.is_damaged else recovery.question(entry.request)
        while asked is not None and not self._stop.is_set():
            told = await self._readers.exchange(asked)
            if told.fault is None or boot_seconds() >= end:
                return recovery.verdict(entry.request, told)
            await asyncio.sleep(SHORTEST_PAUSE)
        return recovery.unknown("the program ended in the middle of it")

    # ---- the rest ----

    async def _finish(self) -> Ending:
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=LAST_SECONDS)
        self._look_here()
        look = self.state.look()
        try:
            await self._report_all()
            # Naming no disk any more lets the hall know at once, instead of after a silence.
            await self._session.say("poll", Poll(), Told)
        except (HallUnreachableError, HallRefusedError) as error:
            logger.warning("the hall did not hear the end: %s", error)
        return Ending.LEFT_OVER if self._spool.entries() or look.waiting else Ending.DONE

    async def _sleep(self, seconds: float) -> None:
        """Rest until something is to be told: a visit ended, a disk came, went or was opened, or time is up."""
        self._look_here()
        end = boot_seconds() + seconds
        while boot_seconds() < end and not self._wake.is_set() and self._claimed() == self._told_claims:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(LOOK_SECONDS, seconds))
        if not self._stop.is_set():
            self._wake.clear()

    def _claimed(self) -> set[tuple[str, bool]]:
        return {(claim["serial"], claim["is_unlocked"]) for claim in self._claims()}

    def _look_there(self, told: Told) -> None:
        if told.newest_version and told.newest_version != self.state.look().newest_version:
            logger.info("this is version %s, the newest is %s", VERSION, told.newest_version)
        if not self.state.look().is_connected:
            self._diary.note("", _("与大厅的联系"), _("已连接"))
        self.state.change(
            is_connected=True,
            problem="",
            last_contact=datetime.now(UTC).isoformat(timespec="seconds"),
            clock_drift=_drift(told.server_time),
            newest_version=told.newest_version,
            waiting=told.waiting,
        )

    def _look_here(self) -> None:
        entries = self._spool.entries()
        self.state.change(
            is_revoked=self._session.is_revoked,
            readers_problem=self._readers.problem,
            disks=[{**reader, "is_held": reader["serial"] in self._holds} for reader in self._readers.describe()],
            in_work=sum(entry.answer is None for entry in entries),
            unreported=sum(entry.answer is not None for entry in entries),
            damaged=sum(entry.is_damaged for entry in entries),
        )

    def _note_trouble(self, problem: str) -> None:
        logger.warning("%s", problem)
        if self.state.look().is_connected:
            self._diary.note("", _("与大厅的联系"), _("中断，程序会不断重试"))
        self._holds = {}
        self.state.change(is_connected=False, problem=problem)


def _acceptable(work: Work) -> CardRequest:
    """Return the request if it is one that this PC carries: named operations on one disk, and no PIN from afar.

    Raises: WireError.
    """
    request = CardRequest.from_json(work.request)
    is_plain = request.kind == "session" and request.serial and request.certificate and not request.reader
    if not is_plain or request.pin is not None or request.new_pin is not None:
        raise WireError("not a request to one enrolled disk")
    if not request.steps or any(step.get("op") not in OPERATIONS for step in request.steps):
        raise WireError("an operation that no disk has")
    return request


def _is_about_this_one(error: HallRefusedError) -> bool:
    """Say whether one result alone is not taken; it stays, and the others go on. Nothing is forgotten by it."""
    return error.status in (400, 413) or (error.status == 404 and error.is_proved)


def _works(told: Told) -> list[Work]:
    """Return the work of an answer. Raises: HallUnreachableError for nonsense, as for any answer that is none."""
    try:
        works = [Work.read(data) for data in told.work]
        for work in works:
            uuid.UUID(work.visit)
    except ValueError as error:
        raise HallUnreachableError(f"the hall spoke nonsense: {error}") from error
    return works


def _drift(server_time: str) -> int:
    """Return by how many seconds this PC's clock is ahead; for the page only."""
    try:
        return round((datetime.now(UTC) - datetime.fromisoformat(server_time)).total_seconds())
    except (ValueError, TypeError):
        return 0
