"""Reads of red confirmations: both sides see them, nobody else."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts.models import Taxpayer, User
from devices.choices import DIGITAL_KINDS
from invoicing.choices import ConfirmationSide, ConfirmationState, InvoiceState
from invoicing.models import BuyerUse, Invoice, RedConfirmation
from taxhall.common.errors import NotFoundError


def list_confirmations(*, visible_to: User, taxpayer: Taxpayer) -> QuerySet[RedConfirmation]:
    """Return the confirmations in which a company is seller or buyer, newest first."""
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return RedConfirmation.objects.none()
    found = RedConfirmation.objects.filter(Q(taxpayer=taxpayer) | Q(buyer=taxpayer))
    return found.select_related("blue", "taxpayer", "buyer", "requested_by", "answered_by", "red")


def get_confirmation(*, visible_to: User, taxpayer: Taxpayer, number: str) -> RedConfirmation:
    """Return one confirmation. Raises: NotFoundError when it is absent or neither side's; both look the same."""
    found = list_confirmations(visible_to=visible_to, taxpayer=taxpayer).filter(number=number).first()
    if found is None:
        raise NotFoundError(_("没有找到这份确认单。"), next_step=_("请从列表中选择。"))
    return found


def side_of(confirmation: RedConfirmation, taxpayer: Taxpayer) -> str:
    """Say which side a company is on. Raises: NotFoundError for a third one."""
    if confirmation.taxpayer_id == taxpayer.pk:
        return ConfirmationSide.SELLER.value
    if confirmation.buyer_id == taxpayer.pk:
        return ConfirmationSide.BUYER.value
    raise NotFoundError(_("没有找到这份确认单。"), next_step=_("请从列表中选择。"))


def open_confirmation(blue: Invoice) -> RedConfirmation | None:
    """Return the confirmation in progress of an invoice, if any."""
    return RedConfirmation.objects.filter(
        blue=blue, state__in=[ConfirmationState.WAITING, ConfirmationState.CONFIRMED]
    ).first()


# A desk that shows more would show nothing else.
_MOST_AWAITED = 20


def awaited_confirmations(*, taxpayer: Taxpayer, now: datetime) -> list[RedConfirmation]:
    """Return the confirmations that wait for this company's word, or for what it brings of a buyer elsewhere.

    For the desk of a company that the reader was let into.
    """
    asked_by_seller = Q(side=ConfirmationSide.SELLER)
    theirs = asked_by_seller & (Q(buyer=taxpayer) | Q(buyer=None, taxpayer=taxpayer))
    theirs |= Q(side=ConfirmationSide.BUYER, taxpayer=taxpayer)
    found = RedConfirmation.objects.filter(theirs, state=ConfirmationState.WAITING, expires_at__gt=now)
    return list(found.select_related("blue").order_by("expires_at", "pk")[:_MOST_AWAITED])


def is_overdue(confirmation: RedConfirmation, now: datetime) -> bool:
    """Say whether nobody answered in time, whether or not it was noted yet."""
    until = confirmation.expires_at
    return confirmation.state == ConfirmationState.WAITING and until is not None and until <= now


def buyer_has_used(blue: Invoice) -> bool:
    """Say whether the buyer, as far as this hall knows, has confirmed the use of an invoice."""
    return BuyerUse.objects.filter(invoice=blue, is_used=True).exists()


def find_received(*, visible_to: User, taxpayer: Taxpayer, number: str) -> Invoice:
    """Return a digital invoice that was issued to a company. Raises: NotFoundError, the same for another's."""
    found = None
    if account_policies.can_view_taxpayer(visible_to, taxpayer):
        found = Invoice.objects.filter(
            kind__in=DIGITAL_KINDS, code="", number=number, state=InvoiceState.ISSUED, buyer_number=taxpayer.number
        ).first()
    if found is None:
        raise NotFoundError(
            _("没有找到开给本企业的这张数电票。"),
            next_step=_("请核对 20 位发票号码；外地开具的，请在开票地的平台办理。"),
        )
    received: Invoice = found
    return received
