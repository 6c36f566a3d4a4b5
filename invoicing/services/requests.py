"""Acts that a company's own software asks for: each request id acts once, and a repeat finds the same invoice."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer, User
from devices.models import Device
from invoicing import policies
from invoicing.drafts import InvoiceDraft
from invoicing.errors import RequestDiscardedError, RequestReusedError
from invoicing.models import Invoice, InvoiceRequest, RedConfirmation, RedForm
from invoicing.services.credit import lock_credit
from invoicing.services.drafts import save_draft
from invoicing.services.issue import issue_invoice
from invoicing.services.red import disk_for, draft_red
from invoicing.services.void import void_invoice
from taxhall.common.policies import require

NOT_YOURS = _("您的身份不能为这家企业开具发票。")


@dataclass(frozen=True)
class RequestId:
    """How the caller names a request, and what it asks for."""

    key: str
    content: Any


@dataclass(frozen=True)
class Answered:
    """The invoice that a request led to, and whether it had done so before."""

    invoice_id: int
    is_repeat: bool


@dataclass(frozen=True)
class RedWish:
    """What is taken back: all that is left, the chosen amounts by line, or what a form or confirmation allows."""

    reason: str
    chosen: Mapping[int, Decimal] | None = None
    form: RedForm | None = None
    confirmation: RedConfirmation | None = None


def request_new(
    *,
    actor: User,
    taxpayer: Taxpayer,
    device: Device | None,
    draft: InvoiceDraft,
    is_issued: bool,
    request: RequestId,
) -> Answered:
    """Write an invoice and have it issued, or leave it a draft; when it cannot be issued nothing is written.

    Raises: as `save_draft` and `issue_invoice`; RequestReusedError; RequestDiscardedError.
    """

    def act() -> Invoice:
        saved = save_draft(actor=actor, taxpayer=taxpayer, device=device, draft=draft)
        return issue_invoice(actor=actor, invoice=saved, key=uuid.uuid4().hex) if is_issued else saved

    return _once("new", actor=actor, taxpayer=taxpayer, device=device, request=request, act=act)


def request_issue(*, actor: User, invoice: Invoice, request: RequestId) -> Answered:
    """Have a draft issued. Raises: as `issue_invoice`; RequestReusedError; RequestDiscardedError."""
    return _once(
        f"issue:{invoice.pk}",
        actor=actor,
        taxpayer=invoice.taxpayer,
        device=invoice.device,
        request=request,
        act=lambda: issue_invoice(actor=actor, invoice=invoice, key=uuid.uuid4().hex),
    )


def request_void(*, actor: User, invoice: Invoice, reason: str, number: str, request: RequestId) -> Answered:
    """Have an invoice voided. Raises: as `void_invoice`; RequestReusedError."""
    return _once(
        f"void:{invoice.pk}",
        actor=actor,
        taxpayer=invoice.taxpayer,
        device=invoice.device,
        request=request,
        act=lambda: void_invoice(actor=actor, invoice=invoice, reason=reason, number=number),
    )


def request_red(*, actor: User, blue: Invoice, wish: RedWish, request: RequestId) -> Answered:
    """Write the red invoice of a blue one and have it issued; when it cannot be issued nothing is written.

    Raises: as `draft_red` and `issue_invoice`; RequestReusedError; RequestDiscardedError.
    """

    def act() -> Invoice:
        red = draft_red(
            actor=actor,
            blue=blue,
            reason=wish.reason,
            key=uuid.uuid4(),
            chosen=wish.chosen,
            form=wish.form,
            confirmation=wish.confirmation,
        )
        return issue_invoice(actor=actor, invoice=red, key=uuid.uuid4().hex)

    device = disk_for(blue)
    return _once(f"red:{blue.pk}", actor=actor, taxpayer=blue.taxpayer, device=device, request=request, act=act)


@transaction.atomic
def _once(
    what: str,
    *,
    actor: User,
    taxpayer: Taxpayer,
    device: Device | None,
    request: RequestId,
    act: Callable[[], Invoice],
) -> Answered:
    """Act for a new request id, find the invoice of a known one; what the act refuses leaves the id free."""
    require(policies.can_issue_invoice(actor, taxpayer), NOT_YOURS)
    _lock_first(taxpayer, device)
    row, is_new = InvoiceRequest.objects.get_or_create(
        taxpayer=taxpayer,
        key=request.key,
        defaults={"digest": _digest(what, request.content), "act": what.partition(":")[0], "made_by": actor},
    )
    if is_new:
        row.invoice = act()
        row.save(update_fields=["invoice"])
    elif row.digest != _digest(what, request.content):
        raise RequestReusedError
    if row.invoice_id is None:
        raise RequestDiscardedError
    return Answered(row.invoice_id, is_repeat=not is_new)


def _lock_first(taxpayer: Taxpayer, device: Device | None) -> None:
    """Lock what every act locks first: a new invoice holds its disk by a key that nobody could lock any more."""
    if device is None:
        lock_credit(taxpayer.pk)
    else:
        Device.objects.select_for_update(of=("self",), no_key=True).get(pk=device.pk)


def _digest(what: str, content: Any) -> str:
    written = json.dumps([what, content], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
