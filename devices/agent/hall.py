"""The hall as this PC sees it: one address, requests that are signed, answers that are checked."""

from __future__ import annotations

import ipaddress
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from gettext import gettext as _
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit

from devices.gateway import pairing
from devices.gateway.pairing import Enrolment, Note, NotTheHallError, Proof, Refusal, Welcome
from devices.gateway.wire import WireError
from devices.protocol.profiles import PrivateKey

TIMEOUT_SECONDS = 15.0
# A person waits for this one, and a code is good once: better slow than lost.
ENROL_SECONDS = 60.0
WELL = 200
NoteT = TypeVar("NoteT", bound=Note)


class HallUnreachableError(Exception):
    """No answer came, or none that the hall can have made; nothing is known of what it did."""


class HallRefusedError(Exception):
    """The hall said no; `is_proved` when the answer carries its code."""

    def __init__(self, status: int, refusal: Refusal, *, is_proved: bool) -> None:
        super().__init__(f"{refusal.message}{refusal.next_step}" or refusal.code)
        self.status, self.refusal, self.code, self.is_proved = status, refusal, refusal.code, is_proved


@dataclass(frozen=True)
class Identity:
    """What proves this PC: its number, its key, and the digest of its token."""

    agent: str
    key: PrivateKey
    digest: str


def check_address(address: str) -> str:
    """Return the hall's address with a slash at its end. Raises: ValueError unless it is HTTPS or on this machine."""
    parts = urlsplit(address)
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(_("“%(address)s”不是大厅的地址。") % {"address": address})
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError(_("“%(address)s”不安全：只用 https，本机可用 http。") % {"address": address})
    return address if address.endswith("/") else f"{address}/"


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine by its very name."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A hall does not send its agents elsewhere."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """Follow nothing; the redirect itself becomes the answer."""


class Hall:
    """Speaks to one hall; one request at a time."""

    def __init__(self, address: str, *, ca_file: str = "", identity: Identity | None = None) -> None:
        self._address = address
        self._identity = identity
        self._session, self._sequence = "", 0
        context = ssl.create_default_context(cafile=ca_file or None)
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect(), urllib.request.HTTPSHandler(context=context)]
        if is_loopback(urlsplit(address).hostname or ""):
            # What is on this machine is not asked for through a proxy.
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    @property
    def has_session(self) -> bool:
        """Whether a session is open, as far as is known here."""
        return bool(self._session)

    def begin(self, session: str) -> None:
        """Name this session from now on; an empty one ends it."""
        self._session, self._sequence = session, 0

    def enrol(self, request: Enrolment) -> Welcome:
        """Ask to be let in. Raises: HallRefusedError, HallUnreachableError."""
        body = _encoded(request)
        status, answer, _code = self._post("enrol", body, {}, seconds=ENROL_SECONDS)
        if status != WELL:
            raise HallRefusedError(status, _read(Refusal, answer), is_proved=False)
        return _read(Welcome, answer)

    def say(self, endpoint: str, note: Note, expected: type[NoteT], *, number: int | None = None) -> NoteT:
        """Send a proved request and return the proved answer; `number` is that of a new session.

        Raises: HallRefusedError, HallUnreachableError.
        """
        if self._identity is None:
            raise RuntimeError("this PC is not enrolled")
        body = _encoded(note)
        proof = self._proof(endpoint, number)
        proof = pairing.sign_request(self._identity.key, self._identity.digest, proof, body)
        headers = {pairing.AGENT_HEADER: proof.agent, pairing.PROOF_HEADER: proof.to_header()}
        status, answer, code = self._post(endpoint, body, headers)
        is_proved = self._is_proved(proof, status, answer, code)
        if status == WELL and is_proved:
            return _read(expected, answer)
        if status == WELL:
            raise HallUnreachableError(_("这台电脑与大厅之间有程序改动了应答，没有采用。"))
        raise HallRefusedError(status, _read(Refusal, answer), is_proved=is_proved)

    def _proof(self, endpoint: str, number: int | None) -> Proof:
        agent = self._identity.agent if self._identity else ""
        if number is not None:
            return Proof(agent, "", number, endpoint)
        self._sequence += 1
        return replace(Proof(agent, self._session, 0, endpoint), sequence=self._sequence)

    def _is_proved(self, proof: Proof, status: int, answer: bytes, code: str) -> bool:
        digest = self._identity.digest if self._identity else ""
        try:
            pairing.check_answer(digest, proof, status, answer, code)
        except NotTheHallError:
            return False
        return True

    def _post(
        self, endpoint: str, body: bytes, headers: dict[str, str], *, seconds: float = TIMEOUT_SECONDS
    ) -> tuple[int, bytes, str]:
        request = urllib.request.Request(  # noqa: S310  (https, or this machine; see check_address)
            f"{self._address}agent/{endpoint}",
            data=body,
            headers={"Content-Type": "application/json", **headers},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                return answer.status, answer.read(pairing.LONGEST_BODY), answer.headers.get(pairing.ANSWER_HEADER, "")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _rest_of(error), error.headers.get(pairing.ANSWER_HEADER, "")
        except (OSError, HTTPException, ValueError) as error:
            raise HallUnreachableError(str(error)) from error


def _rest_of(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(pairing.LONGEST_BODY)
    except (OSError, HTTPException) as lost:
        raise HallUnreachableError(str(lost)) from lost


def _encoded(note: Note) -> bytes:
    return json.dumps(note.to_json(), ensure_ascii=False).encode()


def _read(expected: type[NoteT], body: bytes) -> NoteT:
    try:
        return expected.read(json.loads(body))
    except (ValueError, WireError) as error:
        raise HallUnreachableError(_("应答不是大厅发出的。")) from error
