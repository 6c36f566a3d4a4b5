"""The user's part of voiding (作废): conditions, intent, bell."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from devices import services as device_services
from devices.choices import CommandKind
from devices.models import Device
from invoicing import policies, rules, selectors, tasks
from invoicing.choices import InvoiceState
from invoicing.errors import VoidNotAllowedError
from invoicing.models import Invoice
from invoicing.services import outcome
from invoicing.services.orders import void_key
from invoicing.services.vehicles import hold_vehicle
from taxhall.common import doorbell
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require


@transaction.atomic
def void_invoice(*, actor: User, invoice: Invoice, reason: str, number: str) -> Invoice:
    """Ask the disk to void an invoice, its number typed again by the person who does it.

    Rule: 国税发〔2006〕156号 art. 13 and 20 (see rules.void_conditions); an invoice that is being voided, or is
    voided, is given back as it is.
    Raises: NotPermittedError; InvalidInputError for another number or no reason; VoidNotAllowedError.
    """
    disk = invoice.device_id
    device = None if disk is None else Device.objects.select_for_update(no_key=True).get(pk=disk)
    locked = outcome.lock_invoice(invoice.pk)
    # A red one makes its vehicle sold again; who sells it anew meanwhile waits.
    hold_vehicle(locked)
    require(policies.can_void_invoice(actor, locked), _("您的身份不能作废这家企业的发票。"))
    if locked.state in (InvoiceState.VOIDING, InvoiceState.VOIDED):
        return locked
    conditions = rules.void_conditions(selectors.void_facts(invoice=locked, device=device))
    # What has no disk is digital, and of those one condition is never met.
    if device is None or not all(condition.is_met for condition in conditions):
        raise VoidNotAllowedError(conditions)
    _require_confirmed(locked, reason=reason, number=number)
    locked.state = InvoiceState.VOIDING
    locked.void_request_id = uuid.uuid4()
    locked.void_reason = reason.strip()[:200]
    locked.voided_by = actor
    outcome.note(locked, also=("state", "void_request_id", "void_reason", "voided_by"))
    payload = {
        "kind": locked.kind,
        "code": locked.code,
        "number": locked.number,
        "request_id": locked.void_request_id.hex,
    }
    device_services.queue_on_locked(
        actor=actor, device=device, kind=CommandKind.VOID, key=void_key(locked), payload=payload
    )
    outcome.audit(locked, "invoicing.void_requested", actor=actor, data={"reason": locked.void_reason, **payload})
    doorbell.ring_on_commit(tasks.void_on_disk, locked.pk)
    return locked


def _require_confirmed(invoice: Invoice, *, reason: str, number: str) -> None:
    fields: dict[str, list[str]] = {}
    if number.strip() != invoice.number:
        fields["number"] = [str(_("请输入这张发票的 8 位号码，与票面一致。"))]
    if not reason.strip():
        fields["reason"] = [str(_("请填写作废原因。"))]
    if fields:
        raise InvalidInputError(
            _("没有作废：确认信息不完整或不一致，发票仍然有效。"), next_step=_("请核对后再提交。"), fields=fields
        )
