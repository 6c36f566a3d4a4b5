"""Who may do what with an invoice."""

from __future__ import annotations

from accounts import policies as account_policies
from accounts.models import Taxpayer, User
from invoicing.models import Invoice


def can_issue_invoice(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow the people of the company whose role issues invoices."""
    return account_policies.can_issue_invoice(actor, taxpayer)


def can_void_invoice(actor: User, invoice: Invoice) -> bool:
    """Allow the same people; voiding is the reverse of issuing."""
    return account_policies.can_issue_invoice(actor, invoice.taxpayer)
