"""Who did what: one row in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction

from accounts.models import AuditEvent, Taxpayer, User
from taxhall.common import correlation

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
    return AuditEvent.objects.create(
        actor=actor,
        actor_label=label or (str(actor) if actor else SYSTEM_LABEL),
        action=action,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        taxpayer_id=taxpayer.pk if taxpayer is not None else taxpayer_id,
        data=dict(data or {}),
        request_id=correlation.current_id(),
    )
