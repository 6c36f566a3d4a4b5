"""What agents bring back: an answer to who waits for it, and evidence from who comes late."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from devices.choices import VisitState
from devices.errors import DiskError
from devices.gateway.pairing import Report
from devices.gateway.wire import CardAnswer, CardRequest, WireError
from devices.models import Agent, AgentVisit, Device
from devices.protocol.errors import ProtocolError
from devices.protocol.message import SignedMessage
from devices.protocol.messages import ClearReceipt, DiskReport, OrderReceipt, SignedInvoice, SignedVoid
from devices.services.agents.visits import FORGOTTEN
from devices.services.evidence import require_signed_by
from devices.services.signed_words import hand_over
from taxhall.common.errors import NotFoundError

logger = logging.getLogger(__name__)

TAKEN, REPEATED, EVIDENCE = "taken", "repeated", "evidence"
# What a step's result is, when it is the disk's own signed word about something it did.
PROOFS: dict[str, type[SignedMessage]] = {
    "issue": SignedInvoice,
    "find_signed": SignedInvoice,
    "void": SignedVoid,
    "find_void": SignedVoid,
    "apply_clear": ClearReceipt,
    "last_clear": ClearReceipt,
    "report": DiskReport,
    "apply_order": OrderReceipt,
    "last_order": OrderReceipt,
}


def take_report(*, agent: Agent, report: Report) -> str:
    """Keep what came of a visit and say how it was taken; the agent may then forget it.

    Rule (trust.md R-14): under the newest number an answer is the answer; under an older one, when nobody waits
    any more, or of a visit that a restored database no longer knows, only what the enrolled disk itself signed
    counts. The same report again changes nothing.
    Raises: NotFoundError for a disk that is not the company's; WireError.
    """
    answer = CardAnswer.from_json(report.answer)
    request = CardRequest.from_json(report.request)
    visit, outcome = _keep(agent, report, request)
    # What came late and is repeated: its first taking may have ended before it was brought forward.
    if outcome == EVIDENCE or (outcome == REPEATED and visit.is_late):
        _bring_forward(visit.device, agent, request, answer)
    return outcome


@transaction.atomic
def _keep(agent: Agent, report: Report, request: CardRequest) -> tuple[AgentVisit, str]:
    visit = _find(agent, report, request)
    if visit.state == VisitState.ANSWERED and visit.answer is not None and _same(visit.answer, report.answer):
        return visit, REPEATED
    if visit.state not in (VisitState.TAKEN, VisitState.WAITING, VisitState.OVERDUE):
        return visit, EVIDENCE
    if visit.state == VisitState.TAKEN and visit.fencing != report.fencing:
        return visit, EVIDENCE
    visit.is_late = visit.state == VisitState.OVERDUE or timezone.now() - visit.created_at > FORGOTTEN
    visit.state, visit.answer, visit.answered_at = VisitState.ANSWERED, report.answer, timezone.now()
    visit.save(update_fields=["state", "answer", "answered_at", "is_late"])
    return visit, EVIDENCE if visit.is_late else TAKEN


def _find(agent: Agent, report: Report, request: CardRequest) -> AgentVisit:
    try:
        number = uuid.UUID(report.visit)
    except ValueError as error:
        raise WireError("not the number of a visit") from error
    visits = AgentVisit.objects.select_for_update(of=("self",)).select_related("device__taxpayer")
    visit = visits.filter(pk=number).first()
    if visit is None:
        return _write_anew(agent, number, report, request)
    if visit.agent_id != agent.pk:
        raise NotFoundError("")
    return visit


def _write_anew(agent: Agent, number: uuid.UUID, report: Report, request: CardRequest) -> AgentVisit:
    """A database that was restored knows nothing of the visit; what the disk did is true all the same (R-20)."""
    device = Device.objects.for_taxpayer(agent.taxpayer).filter(serial=request.serial).first()
    if device is None:
        raise NotFoundError("")
    return AgentVisit.objects.create(
        pk=number,
        agent=agent,
        device=device,
        state=VisitState.OVERDUE,
        request=report.request,
        is_changing=request.is_changing,
        fencing=report.fencing,
    )


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _bring_forward(device: Device, agent: Agent, request: CardRequest, answer: CardAnswer) -> None:
    """Hand each thing the disk verifiably signed to whoever is concerned; nothing else of a late answer counts."""
    for message in _proofs(device, request, answer):
        hand_over(device, message, actor=None, label=agent.name)


def _proofs(device: Device, request: CardRequest, answer: CardAnswer) -> Iterator[SignedMessage]:
    for step, result in zip(request.steps, answer.results, strict=False):
        kind = PROOFS.get(str(step.get("op")))
        if kind is None or not isinstance(result, dict):
            continue
        try:
            message = kind.from_json(result)
            require_signed_by(device, message)
        except (ProtocolError, DiskError, KeyError, TypeError, ValueError) as error:
            logger.warning("a late answer of %s is no evidence: %s", device.serial, error)
        else:
            yield message
