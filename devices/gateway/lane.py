"""One reader as the supervisor sees it: its owner process, its queue, its deadline and its breaker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from devices.gateway import wire
from devices.gateway.processes import Carrier, Helper
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind

logger = logging.getLogger(__name__)

# Three failures in a row and the reader is left alone until a person has tested it (trust.md R-15).
FAULTS_TO_OPEN = 3
MAX_WAITING = 64
# An owner that ends before it has said a word is started again after twice as long each time, up to this.
LONGEST_PAUSE = 30.0
FIRST_PAUSE = 0.5
FAULTY_KINDS = (FaultKind.BROKEN, FaultKind.STUCK)


@dataclass
class LaneState:
    """What is known of a reader now, and since when."""

    is_present: bool = False
    # Whether the reader has been looked at since its owner started.
    is_known: bool = False
    serial: str = ""
    # Since when the owner holds the disk's PIN; None while it holds none.
    unlocked_since: datetime | None = None
    note: str = ""
    faults: int = 0
    is_broken: bool = False
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def touch(self) -> None:
        """Note that something has just changed."""
        self.since = datetime.now(UTC)

    @property
    def is_unlocked(self) -> bool:
        """Whether the owner holds the disk's PIN."""
        return self.unlocked_since is not None

    def note_pin(self, *, is_held: bool) -> None:
        """Note whether the PIN is held; a visit that finds it still held does not move the moment."""
        if not is_held:
            self.unlocked_since = None
        elif self.unlocked_since is None:
            self.unlocked_since = datetime.now(UTC)

    def forget_disk(self) -> None:
        """Whatever sits there now must say who it is, and its PIN is gone."""
        self.serial, self.unlocked_since = "", None


class Lane:
    """Serves one reader; whatever happens here delays no other lane."""

    def __init__(self, reader: str, carrier: Carrier, *, on_insert: Callable[[Lane], object]) -> None:
        self.reader = reader
        self.state = LaneState()
        self.last_serial = ""
        self._carrier = carrier
        self._on_insert = on_insert
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._owner: Helper | None = None
        self._listener: asyncio.Task[None] | None = None
        self._events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._has_ended = False
        self._silent_starts = 0
        self._not_before = 0.0

    def describe(self) -> dict[str, Any]:
        """Return the reader's line of the readiness list."""
        state = self.state
        return {
            "reader": self.reader,
            "is_present": state.is_present,
            "is_known": state.is_known,
            "serial": state.serial,
            "is_unlocked": state.is_unlocked,
            "unlocked_since": state.unlocked_since.isoformat() if state.unlocked_since else "",
            "is_broken": state.is_broken,
            "faults": state.faults,
            "waiting": self._waiting,
            "note": state.note,
            "since": state.since.isoformat(),
        }

    @property
    def owner_pid(self) -> int | None:
        """The pid of the owner process while it runs."""
        return self._owner.process.pid if self._owner is not None else None

    @property
    def is_unwatched(self) -> bool:
        """Whether nobody would notice a card that is put in: the owner is gone, and no request brings it back.

        A card that was there when its owner had to be killed is looked at with the next request, and not before:
        a reader that hangs shall not use up its faults by itself.
        """
        is_gone = self._owner is None or not self._owner.is_alive
        return is_gone and not self._turn.locked() and (self._has_ended or not self.state.is_present)

    async def watch_again(self) -> None:
        """Start an owner in place of the one that is gone, ever more seldom while none of them says a word."""
        now = asyncio.get_running_loop().time()
        if now < self._not_before:
            return
        self._not_before = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._silent_starts)
        self._silent_starts += 1
        try:
            await self.start()
        except OSError as error:
            # No processes or descriptors left for a moment: whoever looks for readers must go on looking.
            logger.warning("reader %s has no owner for now: %s", self.reader, error)

    async def start(self) -> None:
        """Start the owner, so that it tells of the card even before anybody asks."""
        async with self._turn:
            await self._ensure_owner()

    async def stop(self) -> None:
        """End the owner now."""
        await self._kill_owner()

    async def run(self, request: CardRequest) -> CardAnswer:
        """Carry a request in its turn, first come first served; see `wire.FaultKind` for what can fail."""
        if self.state.is_broken and request.kind != "selftest":
            return self._fault(FaultKind.BREAKER)
        if self._waiting >= MAX_WAITING:
            return self._fault(FaultKind.BUSY)
        self._waiting += 1
        try:
            await asyncio.wait_for(self._turn.acquire(), wire.QUEUE_DEADLINE)
        except TimeoutError:
            return self._fault(FaultKind.BUSY)
        finally:
            self._waiting -= 1
        try:
            if self.state.is_broken and request.kind != "selftest":
                return self._fault(FaultKind.BREAKER)
            answer = await self._exchange(request)
        except asyncio.CancelledError:
            # The owner is still at it: its answer must never pass for that of the next request.
            await self._kill_owner()
            raise
        finally:
            self._turn.release()
        self._learn(request, answer)
        return answer

    async def _exchange(self, request: CardRequest) -> CardAnswer:
        try:
            owner = await self._ensure_owner()
            owner.requests.write(wire.encode(request.to_json()))
            await owner.requests.drain()
        except (OSError, wire.WireError) as error:
            await self._kill_owner()
            return self._fault(FaultKind.BROKEN, detail=str(error))
        return await self._await_answer(request)

    async def _await_answer(self, request: CardRequest) -> CardAnswer:
        loop = asyncio.get_running_loop()
        deadline, is_sent = loop.time() + wire.CONNECT_DEADLINE, False
        while True:
            try:
                event = await asyncio.wait_for(self._events.get(), max(0.0, deadline - loop.time()))
            except TimeoutError:
                await self._kill_owner()
                return self._fault(FaultKind.STUCK, sent=is_sent, detail="no answer before the deadline")
            if event is None:
                await self._kill_owner()
                return self._fault(FaultKind.BROKEN, sent=is_sent, detail="the owner process ended")
            if event["event"] == "connected":
                deadline = loop.time() + request.deadline
            elif event["event"] == "sending":
                is_sent = True
            elif event["event"] == "answer":
                return CardAnswer.from_json(event["answer"])

    def _learn(self, request: CardRequest, answer: CardAnswer) -> None:
        state, kind = self.state, answer.fault.kind if answer.fault else ""
        if kind in FAULTY_KINDS:
            state.faults += 1
            state.note = answer.fault.detail if answer.fault else ""
            # Whoever sits there now must prove itself again: a swap shows as a single failure.
            state.forget_disk()
            if state.faults >= FAULTS_TO_OPEN and not state.is_broken:
                state.is_broken = True
                logger.error("reader %s is out of use after %d faults: %s", self.reader, state.faults, state.note)
            state.touch()
        elif answer.identity is not None:
            if request.kind != "probe":
                state.faults, state.note = 0, ""
            state.is_present = True
            state.serial = self.last_serial = answer.identity["serial"]
            state.note_pin(is_held=answer.is_unlocked)
            if request.kind == "selftest":
                state.is_broken = False
            state.touch()
        elif kind in (FaultKind.WRONG_CARD, FaultKind.ABSENT):
            state.forget_disk()

    async def _ensure_owner(self) -> Helper:
        if self._owner is not None and self._owner.is_alive:
            return self._owner
        await self._kill_owner()
        extra = ["--reader", self.reader, *(["--ca", self._carrier.ca] if self._carrier.ca else [])]
        extra += [word for name in self._carrier.drivers for word in ("--driver", name)]
        self._owner = await self._carrier.start(self._carrier.owner, *extra)
        self._events = asyncio.Queue()
        self._has_ended = False
        self._listener = asyncio.create_task(self._listen(self._owner, self._events))
        return self._owner

    async def _listen(self, owner: Helper, events: asyncio.Queue[dict[str, Any] | None]) -> None:
        with contextlib.suppress(wire.WireError, OSError):
            while (event := await wire.read_async(owner.events)) is not None:
                if event.get("event") == "presence":
                    self._note_presence(bool(event["is_present"]))
                else:
                    events.put_nowait(event)
        self._has_ended = True
        # The PIN was in its memory, and whatever sits there now must say who it is.
        self.state.forget_disk()
        events.put_nowait(None)

    def _note_presence(self, is_present: bool) -> None:
        self._silent_starts = 0
        self.state.is_present, self.state.is_known = is_present, True
        self.state.forget_disk()
        self.state.note = ""
        self.state.touch()
        if is_present:
            self._on_insert(self)

    async def _kill_owner(self) -> None:
        owner, self._owner = self._owner, None
        listener, self._listener = self._listener, None
        if owner is not None:
            await owner.kill()
        if listener is not None:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
        self.state.note_pin(is_held=False)
        self._has_ended = False

    def _fault(self, kind: str, *, sent: bool = False, detail: str = "") -> CardAnswer:
        return CardAnswer(reader=self.reader, fault=Fault(kind, sent=sent, detail=detail))
