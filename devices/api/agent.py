"""Where agents of taxpayers' PCs call: each request proved, each answer coded; no cookie, no token in any header."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from accounts.http import client_address, network_of
from devices import services
from devices.agent import VERSION
from devices.errors import AgentProtocolError, AgentRefusedError, AgentRevokedError, AgentSessionError
from devices.gateway import pairing
from devices.gateway.pairing import Claim, Enrolment, Note, Opened, Opening, Poll, Proof, Refusal, Report, Taken, Told
from devices.gateway.wire import WireError
from devices.models import Agent
from taxhall.common.errors import InvalidInputError, TaxhallError

Act = Callable[[Proof, bytes], Note]


@csrf_exempt
@require_POST
@sensitive_variables("token", "enrolment")
def enrol(request: HttpRequest) -> HttpResponse:
    """Let a PC in by its one-time code; the answer holds its token, this once."""
    try:
        enrolment = Enrolment.read(_json(_body(request)))
        network = network_of(client_address(request))
        agent, token = services.enrol_agent(enrolment=enrolment, network=network)
    except WireError:
        return _refuse(AgentRefusedError())
    except TaxhallError as error:
        return _refuse(error)
    taxpayer = agent.taxpayer
    return _say(200, pairing.Welcome(str(agent.pk), token, taxpayer.number, taxpayer.name, _device_ca()))


@csrf_exempt
@require_POST
def session(request: HttpRequest) -> HttpResponse:
    """Begin a session."""

    def act(proof: Proof, body: bytes) -> Note:
        agent = services.open_agent_session(proof=proof, body=body, opening=Opening.read(_json(body)))
        now = timezone.now().isoformat()
        return Opened(agent.session, now, agent.taxpayer.name, agent.is_revoked, VERSION, agent.protocol)

    return _serve(request, "session", act)


@csrf_exempt
@require_POST
def poll(request: HttpRequest) -> HttpResponse:
    """Hear what the PC has and say what is to be done."""

    def act(proof: Proof, body: bytes) -> Note:
        agent = services.authenticate_agent(proof=proof, body=body)
        if agent.is_revoked:
            raise AgentRevokedError
        message = Poll.read(_json(body))
        claims = [Claim.read(each) for each in message.disks]
        services.note_unreported(agent=agent, count=message.unreported)
        kept = services.keep_disks(agent=agent, claims=claims, proofs=message.proofs)
        work = services.take_visits(agent=agent, held=message.held)
        return Told(
            server_time=timezone.now().isoformat(),
            again_in=services.hurry(agent=agent),
            challenges=kept.challenges,
            holds=kept.holds,
            work=[asdict(each) for each in work],
            waiting=services.count_waiting(agent=agent),
            newest_version=VERSION,
            protocol=agent.protocol,
        )

    return _serve(request, "poll", act)


@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Take what came of a visit; a PC that was revoked may still bring it, for the disk's word is true."""

    def act(proof: Proof, body: bytes) -> Note:
        agent = services.authenticate_agent(proof=proof, body=body)
        message = Report.read(_json(body))
        return Taken(message.visit, services.take_report(agent=agent, report=message), agent.protocol)

    return _serve(request, "report", act)


def _serve(request: HttpRequest, endpoint: str, act: Act) -> HttpResponse:
    agent: Agent | None = None
    proof = Proof("", "", 0, endpoint)
    try:
        named, header = request.headers.get(pairing.AGENT_HEADER, ""), request.headers.get(pairing.PROOF_HEADER, "")
        proof = Proof.from_headers(named, header, endpoint)
        agent = services.find_known_agent(named)
        return _say(200, act(proof, _body(request)), agent, proof)
    except WireError:
        # A stranger learns nothing; somebody who proved who they are learns that they spoke nonsense.
        return _refuse(AgentRefusedError() if agent is None else InvalidInputError("", code="agent.unreadable"))
    except TaxhallError as error:
        return _refuse(error, agent, proof)


def _body(request: HttpRequest) -> bytes:
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > pairing.LONGEST_BODY:
        raise WireError("the body is too long, or its length not said")
    return request.body


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise WireError("the body is not JSON") from error


def _refuse(error: TaxhallError, agent: Agent | None = None, proof: Proof | None = None) -> HttpResponse:
    last = error.last if isinstance(error, AgentSessionError) else 0
    spoken = list(error.spoken) if isinstance(error, AgentProtocolError) else []
    refusal = Refusal(error.code, str(error.message), str(error.next_step), last, spoken)
    response = _say(error.status, refusal, agent, proof)
    if (after := getattr(error, "retry_after", None)) is not None:
        response["Retry-After"] = str(after)
    return response


def _say(status: int, note: Note, agent: Agent | None = None, proof: Proof | None = None) -> HttpResponse:
    body = json.dumps(note.to_json(), ensure_ascii=False, separators=(",", ":")).encode()
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    if agent is not None and proof is not None and status != AgentRefusedError.status:
        response[pairing.ANSWER_HEADER] = pairing.answer_code(agent.token_digest, proof, status, body)
    return response


def _device_ca() -> str:
    try:
        return Path(settings.DEVICE_CA_FILE).read_text()
    except OSError:
        return ""
