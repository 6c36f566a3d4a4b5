"""Helper processes of the card host: started afresh, spoken to by pipes, killed without ceremony."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# The module of the process that owns a reader.
OWNER = "devices.gateway.owner"


@dataclass(frozen=True)
class Helper:
    """A running helper and its two pipes."""

    process: asyncio.subprocess.Process
    requests: asyncio.StreamWriter
    events: asyncio.StreamReader

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self.process.returncode is None

    async def kill(self) -> None:
        """End the process now and wait until it is gone."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


@dataclass(frozen=True)
class Carrier:
    """How helpers reach readers: the transport and what it needs."""

    transport: str
    slots: str = ""
    ca: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    owner: str = OWNER
    # The drivers that owners use, in turn (drivers.py); none means our own alone.
    drivers: tuple[str, ...] = ()

    async def start(self, module: str, *extra: str) -> Helper:
        """Start a helper by exec, never by fork alone: no card state of this process can leak into it.

        Raises: OSError.
        """
        # -P: a folder named like one of our packages, where the program was started, is never imported.
        words = [sys.executable, "-P", "-m", module, "--transport", self.transport]
        process = await asyncio.create_subprocess_exec(
            *words,
            *(["--slots", self.slots] if self.slots else []),
            *extra,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **dict(self.environment), "PYTHONPATH": str(PROJECT)},
            # Ctrl-C in a terminal is the supervisor's to handle.
            start_new_session=True,
        )
        if process.stdin is None or process.stdout is None:
            raise OSError("the helper has no pipes")
        return Helper(process, process.stdin, process.stdout)
