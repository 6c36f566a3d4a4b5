"""Which disks an agent has: only what a disk itself proved by signing our nonce counts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import services as account_services
from devices import tasks
from devices.errors import AgentRevokedError, BadSignatureError
from devices.gateway.pairing import Claim
from devices.models import Agent, AgentDisk, Device
from devices.protocol.constants import NONCE_LENGTH
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import ChallengeAnswer
from devices.services.evidence import require_signed_by
from devices.signals import disk_ready
from taxhall.common.doorbell import ring_on_commit

NONCE_LIFE = timedelta(seconds=60)
MOST_DISKS = 16


@dataclass
class Kept:
    """What the agent is told about its disks: numbers of those it holds, nonces for those it must prove."""

    holds: dict[str, int] = field(default_factory=dict)
    challenges: list[dict[str, Any]] = field(default_factory=list)


@transaction.atomic
def keep_disks(*, agent: Agent, claims: list[Claim], proofs: list[dict[str, Any]]) -> Kept:
    """Take note of the disks an agent says it has; ask for proof of those it has not proved.

    Rule: a hold is won by a fresh signature of the enrolled disk and lost when the agent stops naming the disk,
    when another agent proves it later, or when the agent is revoked. Lock order: agent, device.
    Raises: AgentRevokedError, also when that happened since the request was proved.
    """
    lock_agent(agent)
    named = {claim.serial: claim for claim in claims[:MOST_DISKS]}
    devices = {
        device.serial: device
        for device in Device.objects.for_taxpayer(agent.taxpayer).in_use().filter(serial__in=list(named))
    }
    _let_go(agent, named)
    given = {str(proof.get("serial", "")): proof.get("answer") for proof in proofs}
    kept = Kept()
    for serial, device in sorted(devices.items()):
        _keep(agent, device, named[serial], given.get(serial), kept)
    return kept


def lock_agent(agent: Agent) -> None:
    """Lock the agent's row in the caller's transaction. Raises: AgentRevokedError."""
    if Agent.objects.select_for_update().get(pk=agent.pk).is_revoked:
        raise AgentRevokedError


def _let_go(agent: Agent, named: dict[str, Claim]) -> None:
    held = AgentDisk.objects.filter(agent=agent, is_held=True)
    held.exclude(device__serial__in=list(named)).update(is_held=False, is_unlocked=False)


def _keep(agent: Agent, device: Device, claim: Claim, proof: Any, kept: Kept) -> None:
    row, _created = AgentDisk.objects.get_or_create(agent=agent, device=device)
    row.reader, row.note = claim.reader[:200], claim.note[:200]
    changed = list(_TOLD)
    if proof is not None and _is_proof(row, proof):
        _take_hold(row)
        changed += _HELD
        kept.holds[device.serial] = row.hold
    elif row.is_held and claim.hold == row.hold:
        kept.holds[device.serial] = row.hold
    else:
        row.is_held, row.is_unlocked = False, False
        changed += _HELD
        kept.challenges.append(_challenge(row))
    if row.is_held:
        _note_unlocked(row, is_unlocked=claim.is_unlocked)
        row.seen_at = timezone.now()
    # Who holds the disk is written only by who changed it: another agent may have proved it meanwhile.
    row.save(update_fields=changed)


_TOLD = ("reader", "note", "nonce", "nonce_at", "seen_at", "is_unlocked", "unlocked_at")
_HELD = ("is_held", "hold", "proved_at")


def _challenge(row: AgentDisk) -> dict[str, Any]:
    row.nonce, row.nonce_at = secrets.token_hex(NONCE_LENGTH), timezone.now()
    return {"serial": row.device.serial, "nonce": row.nonce, "certificate": row.device.certificate}


def _is_proof(row: AgentDisk, data: Any) -> bool:
    if not row.nonce or row.nonce_at is None or timezone.now() - row.nonce_at > NONCE_LIFE:
        return False
    try:
        answer = ChallengeAnswer.from_json(data)
        require_signed_by(row.device, answer)
    except (ProtocolError, BadSignatureError, KeyError, TypeError, ValueError, AttributeError):
        return False
    return answer.nonce.hex() == row.nonce and answer.serial == row.device.serial


def _take_hold(row: AgentDisk) -> None:
    Device.objects.select_for_update(no_key=True).get(pk=row.device_id)
    others = AgentDisk.objects.filter(device_id=row.device_id)
    others.exclude(pk=row.pk).filter(is_held=True).update(is_held=False, is_unlocked=False)
    row.hold = (others.aggregate(highest=Max("hold"))["highest"] or 0) + 1
    row.is_held, row.nonce, row.proved_at = True, "", timezone.now()
    account_services.record_audit_event(
        actor=None,
        action="devices.disk_proved_at_agent",
        obj=row.device,
        taxpayer=row.device.taxpayer,
        label=row.agent.name,
        data={"agent": str(row.agent_id), "reader": row.reader, "hold": row.hold},
    )
    # Reading it tells everybody who waits for this disk.
    ring_on_commit(tasks.tend_device, row.device.serial)


def _note_unlocked(row: AgentDisk, *, is_unlocked: bool) -> None:
    if is_unlocked and not row.is_unlocked:
        row.unlocked_at = timezone.now()
        account_services.record_audit_event(
            actor=None,
            action="devices.device_unlocked_at_agent",
            obj=row.device,
            taxpayer=row.device.taxpayer,
            label=row.agent.name,
            data={"agent": str(row.agent_id)},
        )
        device = row.device
        transaction.on_commit(
            lambda: disk_ready.send_robust(sender=Device, device=device, is_unlocked=True), robust=True
        )
    row.is_unlocked = is_unlocked
