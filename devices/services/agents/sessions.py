"""Who is asking: every request of an agent is proved, counted, and good once."""

from __future__ import annotations

import secrets
import uuid

from django.db import transaction
from django.utils import timezone

from accounts import services as account_services
from devices.errors import AgentProtocolError, AgentRefusedError, AgentSessionError
from devices.gateway import pairing
from devices.gateway.pairing import Opening, Proof
from devices.models import Agent
from devices.protocol.profiles import PublicKey


@transaction.atomic
def open_agent_session(*, proof: Proof, body: bytes, opening: Opening) -> Agent:
    """Begin a session; the one before it is over, so a copied installation shows itself by ending the other's.

    Raises: AgentRefusedError; AgentSessionError for a number that was used; AgentProtocolError.
    """
    agent = _proved(proof, body)
    if opening.protocol not in pairing.accepted_protocols():
        raise AgentProtocolError(pairing.accepted_protocols())
    locked = Agent.objects.select_for_update(of=("self",)).select_related("taxpayer").get(pk=agent.pk)
    if proof.sequence <= locked.session_number:
        raise AgentSessionError(locked.session_number)
    locked.session, locked.session_number, locked.sequence = secrets.token_hex(16), proof.sequence, 0
    changed = locked.version != opening.version[:20]
    locked.version, locked.platform = opening.version[:20], opening.platform[:60]
    locked.protocol, locked.last_contact_at = opening.protocol, timezone.now()
    locked.save()
    if changed:
        account_services.record_audit_event(
            actor=None,
            action="devices.agent_version_changed",
            obj=locked,
            taxpayer=locked.taxpayer,
            data={"version": locked.version, "protocol": locked.protocol},
        )
    return locked


def authenticate_agent(*, proof: Proof, body: bytes) -> Agent:
    """Return the agent whose request this is, once. Raises: AgentRefusedError, AgentSessionError."""
    agent = _proved(proof, body)
    # One statement: of any number of copies of a request exactly one goes on.
    fresh = Agent.objects.filter(pk=agent.pk, session=proof.session, sequence__lt=proof.sequence).exclude(session="")
    if not fresh.update(sequence=proof.sequence, last_contact_at=timezone.now()):
        raise AgentSessionError(agent.session_number)
    return agent


def note_unreported(*, agent: Agent, count: int) -> None:
    """Keep how many results the PC still holds, for the page of the company's PCs."""
    kept = min(max(count, 0), 1_000_000)
    if kept != agent.unreported:
        Agent.objects.filter(pk=agent.pk).update(unreported=kept)


def find_known_agent(text: str) -> Agent | None:
    """Return the agent of that number, unproved; only good for choosing the key to check with."""
    try:
        number = uuid.UUID(text)
    except ValueError:
        return None
    return Agent.objects.select_related("taxpayer").filter(pk=number).first()


def _proved(proof: Proof, body: bytes) -> Agent:
    agent = find_known_agent(proof.agent)
    if agent is None:
        raise AgentRefusedError
    key = PublicKey(pairing.ALGORITHM, bytes.fromhex(agent.public_key))
    if not pairing.check_request(key, agent.token_digest, proof, body):
        raise AgentRefusedError
    return agent
