"""Who may act for whom; the other applications build on these."""

from __future__ import annotations

from django.utils import timezone

from accounts.choices import Post, Role
from accounts.models import Bureau, EmergencyAccess, Membership, OfficerPost, PostChange, Taxpayer, User
from taxhall.common import identifiers
from taxhall.common.prepared import Prepared, Slot

DECIDING_POSTS = (Post.REVIEWER, Post.APPROVER, Post.EXCEPTION)
ISSUING_ROLES = (Role.LEGAL, Role.FINANCE, Role.ADMIN, Role.ISSUER, Role.TAX_CLERK)
FILING_ROLES = (Role.LEGAL, Role.FINANCE, Role.ADMIN, Role.TAX_CLERK)
CLEARING_ROLES = (Role.LEGAL, Role.FINANCE, Role.ADMIN, Role.TAX_CLERK)
PEOPLE_ROLES = (Role.LEGAL, Role.FINANCE, Role.ADMIN)
# Asked by every page and every act.
_HELD: Prepared[tuple[str]] = Prepared(
    lambda: (
        Membership.objects.active()
        .filter(user=Slot("user"), taxpayer=Slot("taxpayer"), user__is_staff=False)
        .values_list("role")
    )
)


def has_role(user: User, taxpayer: Taxpayer, *roles: str) -> bool:
    """Tell whether the user holds one of the roles (any role if none is named) in the company, in force now."""
    held = _HELD.rows(user=user.pk, taxpayer=taxpayer.pk)
    return any(not roles or role in roles for (role,) in held)


def can_change_own_phone(user: User) -> bool:
    """Tell whether the user may register a number for short messages; officers sign in and are told in other ways."""
    return not user.is_staff


def can_issue_invoice(user: User, taxpayer: Taxpayer) -> bool:
    """Tell whether the user may issue and void invoices for the company (开票员 and above)."""
    return has_role(user, taxpayer, *ISSUING_ROLES)


def can_file_return(user: User, taxpayer: Taxpayer) -> bool:
    """Tell whether the user may file and pay returns for the company (办税员 and above, not 开票员)."""
    return has_role(user, taxpayer, *FILING_ROLES)


def can_clear_disk(user: User, taxpayer: Taxpayer) -> bool:
    """Tell whether the user may apply for clearing (清卡) for the company."""
    return has_role(user, taxpayer, *CLEARING_ROLES)


def can_manage_people(user: User, taxpayer: Taxpayer) -> bool:
    """Tell whether the user may give and take roles in the company (法定代表人, 财务负责人, 管理员)."""
    return has_role(user, taxpayer, *PEOPLE_ROLES)


def can_view_taxpayer(user: User, taxpayer: Taxpayer) -> bool:
    """Tell whether the user may see the company at all: as one of its people or as its officer."""
    return officer_covers(user, taxpayer) if user.is_staff else has_role(user, taxpayer)


def officer_covers(user: User, taxpayer: Taxpayer) -> bool:
    """Tell whether the officer has a post in the taxpayer's bureau or above it, or acts for it in an emergency."""
    return post_covers(user, taxpayer.bureau) or has_emergency(user, taxpayer)


def post_covers(user: User, bureau: Bureau, *posts: str) -> bool:
    """Tell whether one of the officer's posts (any post if none is named) is in the bureau, or in the city's above."""
    if not user.is_staff:
        return False
    held = OfficerPost.objects.active().filter(user=user.pk)
    held = held.filter(post__in=posts) if posts else held
    return any(identifiers.bureau_covers(code, bureau.code) for code in held.values_list("bureau__code", flat=True))


def has_emergency(user: User, taxpayer: Taxpayer) -> bool:
    """Tell whether the officer acts for the company in a stated emergency that still lasts (S-17)."""
    if not user.is_staff:
        return False
    opened = EmergencyAccess.objects.in_force(timezone.now()).filter(officer=user.pk, taxpayer=taxpayer.pk)
    return user.is_active and opened.exists()


def heads_bureau(user: User, bureau: Bureau) -> bool:
    """Tell whether the officer is head of post (岗位负责人) of the bureau, or of the city's above it."""
    return post_covers(user, bureau, Post.HEAD)


def oversees(user: User, bureau: Bureau) -> bool:
    """Tell whether the officer looks at emergencies in the bureau: its heads and auditors (稽核岗)."""
    return post_covers(user, bureau, Post.HEAD, Post.AUDITOR)


def is_same_person(user_a: User, user_b: User) -> bool:
    """Tell whether two accounts are one natural person's (four eyes compares persons)."""
    if user_a.pk == user_b.pk:
        return True
    return user_a.person_id is not None and user_a.person_id == user_b.person_id


def concerns(user: User, change: PostChange) -> bool:
    """Tell whether the change of a post was asked by the person, or is about their own post."""
    return is_same_person(user, change.asked_by) or is_same_person(user, change.officer)


def serves_taxpayer(user: User, taxpayer: Taxpayer) -> bool:
    """Tell whether the person behind the account has, or had, a role in the company, by any account.

    An officer must not decide on a company of their own, and leaving it today does not change that.
    """
    held = Membership.objects.filter(taxpayer=taxpayer.pk)
    if user.person_id is not None:
        return held.filter(user__person=user.person_id).exists() or held.filter(user=user.pk).exists()
    return held.filter(user=user.pk).exists()
