"""Keeping a session with the hall: opened when there is none, opened anew when another took its place."""

from __future__ import annotations

import asyncio
import logging
import platform
from gettext import gettext as _
from typing import TypeVar

from devices.agent import VERSION, enrolment
from devices.agent.hall import Hall, HallRefusedError
from devices.agent.places import Places
from devices.gateway import pairing
from devices.gateway.pairing import Note, Opened, Opening, Refusal, Report, Taken

logger = logging.getLogger(__name__)
NoteT = TypeVar("NoteT", bound=Note)

REVOKED, SESSION_OVER, PROTOCOL_REFUSED = "agent.revoked", "agent.session", "agent.protocol"


class HallSession:
    """The hall, spoken to within a session."""

    def __init__(self, hall: Hall, places: Places) -> None:
        self._hall = hall
        self._places = places
        self._protocol = pairing.PROTOCOL
        self.is_revoked = False

    async def say(self, endpoint: str, note: Note, expected: type[NoteT]) -> NoteT:
        """Send something within a session, opening one first; once more if the session had ended.

        Raises: HallRefusedError, HallUnreachableError.
        """
        if not self._hall.has_session:
            await self._open()
        try:
            return await self._send(endpoint, note, expected)
        except HallRefusedError as error:
            if error.code == REVOKED and error.is_proved:
                self.is_revoked = True
            if error.code != SESSION_OVER or not error.is_proved:
                raise
        # A second copy of this installation shows itself here: each ends the other's session.
        logger.warning("the session was ended, by a restored hall or by a copy of this installation")
        await self._open()
        return await self._send(endpoint, note, expected)

    async def report(self, report: Report) -> Taken:
        """Bring one result; a PC that lost its right may still do so. Raises as `say`."""
        return await self.say("report", report, Taken)

    async def require_right(self) -> None:
        """Raises: HallRefusedError when this PC's right was taken away."""
        raise HallRefusedError(403, Refusal(REVOKED, _("这台电脑已被停用。")), is_proved=True)

    async def _send(self, endpoint: str, note: Note, expected: type[NoteT]) -> NoteT:
        return await asyncio.to_thread(self._hall.say, endpoint, _in_version(note, self._protocol), expected)

    async def _open(self) -> None:
        """Begin a session. Raises: HallRefusedError, HallUnreachableError."""
        at_least = 0
        for _attempt in range(3):
            number = enrolment.next_session(self._places, at_least=at_least)
            try:
                opened = await self._ask(number)
            except HallRefusedError as error:
                at_least = self._learn(error)
            else:
                self._hall.begin(opened.session)
                self.is_revoked = opened.is_revoked
                return
        raise HallRefusedError(409, Refusal(SESSION_OVER, _("会话没有建立。")), is_proved=False)

    async def _ask(self, number: int) -> Opened:
        opening = Opening(VERSION, f"{platform.system()} {platform.release()}"[:60], self._protocol)
        self._hall.begin("")
        return await asyncio.to_thread(self._hall.say, "session", opening, Opened, number=number)

    def _learn(self, error: HallRefusedError) -> int:
        """Return the number to go on from, or speak an older version; anything else is final.

        Raises: HallRefusedError.
        """
        if error.is_proved and error.code == SESSION_OVER:
            return int(error.refusal.last)
        spoken = set(error.refusal.protocols) & set(pairing.accepted_protocols())
        if error.is_proved and error.code == PROTOCOL_REFUSED and spoken - {self._protocol}:
            self._protocol = max(spoken - {self._protocol})
            return 0
        raise error


def _in_version(note: Note, protocol: int) -> Note:
    """Return the message naming the version that both speak."""
    return type(note)(**{**note.__dict__, "protocol": protocol})
