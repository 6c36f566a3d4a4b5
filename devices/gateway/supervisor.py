"""The card host: finds disks by what they prove, carries requests to them, and lets no reader delay another.

Listens on a Unix socket that only its own user may open. Every request is answered within its deadline:
an owner that does not return is killed, and the answer says whether bytes may have been sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devices.gateway import wire
from devices.gateway.client import reachable
from devices.gateway.lane import Lane
from devices.gateway.processes import Carrier, Helper
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind

logger = logging.getLogger(__name__)

STARTING = "starting"
# A watcher that says nothing for so long sits in a card service that hangs.
WATCHER_SILENCE = 5.0
# One that ends by itself is started again after so long, not at once and without end.
RESTART_PAUSE = 1.0
# How long callers may take, at the end, to read the answer they are owed.
LAST_WORDS = 2.0
# How long a request waits for disks that were just put in to say who they are.
PROBE_PATIENCE = wire.CONNECT_DEADLINE + wire.READ_DEADLINE
PROBE = CardRequest(kind="probe", deadline=wire.READ_DEADLINE)


class CardHostServer:
    """Routes requests to the lanes of the readers that there are."""

    def __init__(self, socket_path: str, choose_carrier: Callable[[], Carrier]) -> None:
        self._path = Path(socket_path)
        self._choose_carrier = choose_carrier
        self._carrier = choose_carrier()
        self._lanes: dict[str, Lane] = {}
        self._probes: dict[str, asyncio.Task[CardAnswer]] = {}
        self._talks: set[asyncio.Task[None]] = set()
        self._problem = STARTING
        self._since = datetime.now(UTC)

    async def run(self, stop: asyncio.Event, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`. Raises: OSError when the socket cannot be had."""
        with bound_socket(self._path) as listener:
            server = await asyncio.start_unix_server(self._welcome, sock=listener)
            try:
                async with self.watching():
                    try:
                        on_ready()
                        await stop.wait()
                    finally:
                        server.close()
            finally:
                await self._end_talks()

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Keep a lane per reader meanwhile; all that is needed by who carries requests without our socket."""
        discovery = asyncio.create_task(self._discover())
        try:
            yield
        finally:
            discovery.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await discovery
            await self._drop_lanes(list(self._lanes))

    def describe(self) -> dict[str, Any]:
        """Return the readiness list."""
        return {
            "transport": self._carrier.transport,
            "problem": self._problem,
            "since": self._since.isoformat(),
            "readers": [lane.describe() for lane in self._lanes.values()],
        }

    @property
    def lanes(self) -> dict[str, Lane]:
        """The readers there are, by name."""
        return dict(self._lanes)

    # ---- requests ----

    async def _end_talks(self) -> None:
        """Let callers have the answer that their lane's end gave them; whoever is left is cut off."""
        if self._talks:
            await asyncio.wait(self._talks, timeout=LAST_WORDS)
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            message = await asyncio.wait_for(wire.read_async(reader), wire.READ_DEADLINE)
            if message is not None:
                writer.write(wire.encode(await self._serve(message)))
                await writer.drain()
        except (wire.WireError, TimeoutError, OSError) as error:
            logger.info("a caller went away or spoke nonsense: %s", error)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, message: dict[str, Any]) -> dict[str, Any]:
        request = CardRequest.from_json(message)
        if request.kind == "status":
            return self.describe()
        return (await self.exchange(request)).to_json()

    async def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry one request to its disk, or test one reader."""
        if request.kind == "selftest":
            return await self._selftest(request)
        return await self._route(request)

    async def _selftest(self, request: CardRequest) -> CardAnswer:
        lane = self._lanes.get(request.reader)
        if lane is None:
            return CardAnswer(fault=Fault(FaultKind.ABSENT, detail=f"no reader named {request.reader}"))
        return await lane.run(CardRequest(kind="selftest", steps=({"op": "status"},)))

    async def _route(self, request: CardRequest) -> CardAnswer:
        """Carry the request to the disk with its serial, wherever it sits; a swap is noticed and followed."""
        tried: set[str] = set()
        answer = CardAnswer(fault=Fault(FaultKind.ABSENT))
        for _ in range(2):
            lane = await self._find(request.serial, tried)
            if lane is None:
                return answer
            tried.add(lane.reader)
            answer = await lane.run(request)
            moved = answer.fault is not None and answer.fault.kind in (FaultKind.WRONG_CARD, FaultKind.ABSENT)
            if not moved or (answer.fault is not None and answer.fault.sent):
                return answer
        return answer

    async def _find(self, serial: str, tried: set[str]) -> Lane | None:
        lane = self._holding(serial, tried)
        if lane is None:
            await self._probe_unknown()
            lane = self._holding(serial, tried)
        return lane or self._broken_with(serial)

    def _holding(self, serial: str, tried: set[str]) -> Lane | None:
        lanes = (lane for name, lane in self._lanes.items() if name not in tried)
        return next((lane for lane in lanes if lane.state.serial == serial), None)

    def _broken_with(self, serial: str) -> Lane | None:
        # A disk last seen in a reader that is out of use: say so instead of "absent".
        return next(
            (lane for lane in self._lanes.values() if lane.state.is_broken and lane.last_serial == serial), None
        )

    async def _probe_unknown(self) -> None:
        unknown = [lane for lane in self._lanes.values() if lane.state.is_present and not lane.state.serial]
        probes = [self._probe(lane) for lane in unknown if not lane.state.is_broken]
        if probes:
            await asyncio.wait(probes, timeout=PROBE_PATIENCE)

    def _probe(self, lane: Lane) -> asyncio.Task[CardAnswer]:
        running = self._probes.get(lane.reader)
        if running is None or running.done():
            running = asyncio.create_task(lane.run(PROBE))
            self._probes[lane.reader] = running
        return running

    # ---- readers ----

    async def _discover(self) -> None:
        """Keep one lane per reader; begin again with a fresh watcher when the carrier or the service changes."""
        while True:
            try:
                await self._watch()
            except OSError as error:
                # No processes or descriptors left for a moment: the search must outlive that.
                logger.warning("readers cannot be looked for at the moment: %s", error)
                self._note_problem("the readers cannot be looked for: the machine is out of files or processes")
                await asyncio.sleep(RESTART_PAUSE)

    async def _watch(self) -> None:
        """Follow one watcher to its end. Raises: OSError when a program cannot be started."""
        watcher = await self._carrier.start("devices.gateway.watcher")
        try:
            await self._follow(watcher)
        finally:
            await watcher.kill()
        carrier = self._choose_carrier()
        if carrier != self._carrier:
            await self._drop_lanes(list(self._lanes))
            self._carrier = carrier

    async def _follow(self, watcher: Helper) -> None:
        while True:
            try:
                event = await asyncio.wait_for(wire.read_async(watcher.events), WATCHER_SILENCE)
            except (TimeoutError, wire.WireError):
                self._note_problem("the card service does not answer")
                return
            if self._choose_carrier() != self._carrier:
                return
            if event is None:
                self._note_problem("the watcher of the readers ended")
                await asyncio.sleep(RESTART_PAUSE)
                return
            await self._settle(list(event["readers"]))
            self._note_problem(str(event["problem"]))

    async def _settle(self, names: list[str]) -> None:
        await self._drop_lanes([name for name in self._lanes if name not in names])
        for name in names:
            if name not in self._lanes:
                # Known before it has an owner: one that cannot be started now is tried again at the next look.
                self._lanes[name] = Lane(name, self._carrier, on_insert=self._probe)
                await self._lanes[name].watch_again()
            elif self._lanes[name].is_unwatched:
                await self._lanes[name].watch_again()

    async def _drop_lanes(self, names: list[str]) -> None:
        for name in names:
            await self._lanes.pop(name).stop()

    def _note_problem(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self._since = datetime.now(UTC)


@contextlib.contextmanager
def bound_socket(path: Path) -> Any:
    """Yield a listening Unix socket only its user may open; a stale file of a dead host is replaced.

    Raises: OSError when another host is alive there.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, reachable(str(path)) as address:
        if _is_answered(address):
            raise OSError(f"another process already serves {path}")
        path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            listener.bind(address)
        finally:
            os.umask(mask)
        listener.listen(128)
        listener.setblocking(False)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def _is_answered(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True
