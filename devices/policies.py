"""Who may do what with a disk."""

from __future__ import annotations

from accounts import policies as account_policies
from accounts.models import Taxpayer, User
from devices.models import Device


def can_view_device(actor: User, device: Device) -> bool:
    """Allow whoever may see the company."""
    return account_policies.can_view_taxpayer(actor, device.taxpayer)


def can_unlock_device(actor: User, device: Device) -> bool:
    """Allow those who issue invoices or clear the disk of the company; the PIN is theirs."""
    return account_policies.can_issue_invoice(actor, device.taxpayer) or account_policies.can_clear_disk(
        actor, device.taxpayer
    )


def can_order_device(actor: User, device: Device) -> bool:
    """Allow the bureau's officers, but nobody who serves or served the company (four eyes between the two)."""
    return account_policies.officer_covers(actor, device.taxpayer) and not account_policies.serves_taxpayer(
        actor, device.taxpayer
    )


def can_report_device(actor: User, device: Device) -> bool:
    """Allow those who clear the disk: reporting closes the period for voiding."""
    return account_policies.can_clear_disk(actor, device.taxpayer)


def can_manage_agents(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow those who clear the disk: whoever binds a PC decides where disks are written."""
    return account_policies.can_clear_disk(actor, taxpayer)
