"""The readers of this PC: the hall's own card host, one killable process per reader, without its socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from gettext import gettext as _
from pathlib import Path
from typing import Any

from devices.agent.places import Places
from devices.gateway.carriers import PCSC
from devices.gateway.choice import AUTO, choose_carrier
from devices.gateway.processes import Carrier
from devices.gateway.supervisor import STARTING, CardHostServer
from devices.gateway.watcher import NOT_INSTALLED
from devices.gateway.wire import READ_DEADLINE, CardAnswer, CardRequest

# A card service that hangs says nothing for so long; then it is told as a problem instead of waited for.
START_SECONDS = 6.0
LOOK_SECONDS = 0.05


class Readers:
    """Disks by serial, wherever they sit."""

    def __init__(self, choose: Callable[[], Carrier]) -> None:
        self._host = CardHostServer("", choose)
        # The enrolled certificate of each disk, as the hall named it: the PIN is given to no other disk.
        self.certificates: dict[str, str] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Watch the readers meanwhile, once it is known which there are."""
        async with self._host.watching():
            for _ in range(round(START_SECONDS / LOOK_SECONDS)):
                if self._host.describe()["problem"] != STARTING:
                    break
                await asyncio.sleep(LOOK_SECONDS)
            yield

    @property
    def problem(self) -> str:
        """What is wrong with the card service, in words; empty when nothing is."""
        told = str(self._host.describe()["problem"])
        if told.endswith(NOT_INSTALLED):
            return _("没有安装读卡组件 pyscard。请安装 taxhall-agent[pcsc]，再启动代理程序。")
        return _("读卡服务不能用：%(why)s") % {"why": told} if told else ""

    def describe(self) -> list[dict[str, Any]]:
        """Return a line per reader: disk, unlocked or not, faults, since when."""
        found: list[dict[str, Any]] = self._host.describe()["readers"]
        return found

    @property
    def is_settled(self) -> bool:
        """Whether every reader was looked at, and every disk in one has said who it is, or failed to."""
        return all(
            each["is_known"] and (not each["is_present"] or each["serial"] or each["note"]) for each in self.describe()
        )

    async def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry one request to its disk."""
        return await self._host.exchange(request)

    async def prove(self, serial: str, nonce: str) -> CardAnswer:
        """Let a disk sign the hall's nonce."""
        return await self.exchange(self._to(serial, {"op": "prove", "nonce": nonce}))

    async def unlock(self, serial: str, pin: str) -> CardAnswer:
        """Give a disk its PIN, which then stays in the memory of its reader's process."""
        request = self._to(serial, {"op": "pin_tries"})
        return await self.exchange(CardRequest.from_json({**request.to_json(), "pin": pin}))

    async def pin_tries(self, serial: str) -> int | None:
        """Return the tries left, None when the disk cannot be asked."""
        answer = await self.exchange(self._to(serial, {"op": "pin_tries"}))
        return None if answer.fault is not None else int(answer.results[0])

    async def selftest(self, reader: str) -> CardAnswer:
        """Test a reader that is out of use; when it works, it is used again."""
        return await self.exchange(CardRequest(kind="selftest", reader=reader))

    def _to(self, serial: str, step: dict[str, Any]) -> CardRequest:
        certificate = self.certificates.get(serial, "")
        return CardRequest(serial=serial, certificate=certificate, steps=(step,), deadline=READ_DEADLINE)


def open_readers(places: Places, *, virtual: str = "") -> Readers:
    """Return the readers of this PC: those of its card service, or the virtual disks that a folder serves."""
    anchor = str(places.device_ca) if places.device_ca.exists() else ""
    if virtual:
        return Readers(partial(choose_carrier, AUTO, Path(virtual), anchor))
    carrier = Carrier(PCSC, ca=anchor)
    return Readers(lambda: carrier)
