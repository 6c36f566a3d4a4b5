"""Who did what: one row in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.models import AuditEvent, EmergencyAccess, Taxpayer, User
from taxhall.common import correlation
from taxhall.common.prepared import insert

SYSTEM_LABEL = "系统"


def record_audit_event(
    *,
    actor: User | None,
    action: str,
    obj: models.Model | None,
    taxpayer: Taxpayer | None = None,
    taxpayer_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    label: str = "",
) -> AuditEvent:
    """Write down an act beside what it changed; without an actor the hall itself acted.

    `action` is dotted, application first ("clearcard.case_submitted"). `data` holds what is needed
    to understand the row later; never a secret, a password or a whole identity number. Who has only the
    company's key gives `taxpayer_id`, so that nobody reads the company to write its number down.
    Raises: RuntimeError outside a transaction, because then the act and its row could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"audit row {action!r} must be written in the transaction of the act")
    company = taxpayer.pk if taxpayer is not None else taxpayer_id
    known = dict(data or {})
    if actor is not None and actor.is_staff and company is not None:
        known = _under_emergency(actor, company) | known
    event = AuditEvent(
        actor=actor,
        actor_label=label or (str(actor) if actor else SYSTEM_LABEL),
        action=action,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        taxpayer_id=company,
        data=known,
        request_id=correlation.current_id(),
    )
    insert(event)
    return event


def _under_emergency(actor: User, taxpayer_id: int) -> dict[str, Any]:
    """Mark what an officer does for a company that is open to them by an emergency only (S-17)."""
    opened = EmergencyAccess.objects.in_force(timezone.now()).filter(officer=actor.pk, taxpayer=taxpayer_id).first()
    return {"emergency": opened.pk} if opened is not None else {}
