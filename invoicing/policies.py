"""Who may do what with an invoice."""

from __future__ import annotations

from accounts import policies as account_policies
from accounts.choices import Post
from accounts.models import Bureau, OfficerPost, Taxpayer, User
from devices import policies as device_policies
from invoicing.models import Invoice, ReportSubscription


def can_issue_invoice(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow the people of the company whose role issues invoices."""
    return account_policies.can_issue_invoice(actor, taxpayer)


def can_void_invoice(actor: User, invoice: Invoice) -> bool:
    """Allow the same people; voiding is the reverse of issuing."""
    return account_policies.can_issue_invoice(actor, invoice.taxpayer)


def can_settle_invoice(actor: User, invoice: Invoice) -> bool:
    """Allow the district's officers with a post for disks, but nobody who serves or served the company."""
    return invoice.device is not None and device_policies.can_draft_order(actor, invoice.device)


def can_print_invoice(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow those who issue; a printed face is what the buyer gets."""
    return account_policies.can_issue_invoice(actor, taxpayer)


def can_view_report(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow whoever may see the company and so its invoices."""
    return account_policies.can_view_taxpayer(actor, taxpayer)


def can_subscribe_report(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow the people of the company who keep its books; who only issues reads and downloads."""
    return account_policies.can_file_return(actor, taxpayer)


def can_view_district_report(actor: User, bureau: Bureau) -> bool:
    """Allow the officers with a post in the bureau or in the city's above it, while they hold it."""
    return actor.is_active and account_policies.post_covers(actor, bureau)


def can_end_subscription(actor: User, subscription: ReportSubscription) -> bool:
    """Allow a company's to those who may subscribe for it, and an officer's to that officer alone."""
    if subscription.taxpayer is not None:
        return can_subscribe_report(actor, subscription.taxpayer)
    return actor.is_staff and subscription.created_by_id == actor.pk


def can_manage_hooks(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow those who manage the company's people: what is told elsewhere is access too."""
    return account_policies.can_manage_people(actor, taxpayer)


# Posts that decide on what a company may issue.
CREDIT_POSTS = (Post.REVIEWER, Post.APPROVER, Post.EXCEPTION)


def holds_credit_post(actor: User) -> bool:
    """Say whether the officer holds a post that changes credits at all."""
    return OfficerPost.objects.active().filter(user=actor.pk, post__in=CREDIT_POSTS).exists()


def can_change_credit(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow the officers of the district with a deciding post, but nobody who serves or served the company."""
    covers = account_policies.post_covers(actor, taxpayer.bureau, *CREDIT_POSTS)
    return covers and not account_policies.serves_taxpayer(actor, taxpayer)
