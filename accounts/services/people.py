"""People, their accounts, roles and posts."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken

from accounts import policies
from accounts.errors import RoleNotPossibleError
from accounts.models import Bureau, Membership, OfficerPost, Person, Taxpayer, User
from accounts.services.audit import record_audit_event
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

NO_PEOPLE_RIGHT = _("您没有管理办税人员的权限，需要由法定代表人、财务负责人或管理员办理。")


def identity_digest(identity_number: str) -> str:
    """Return the keyed digest under which an identity number is found again; the number is not kept."""
    text = identity_number.strip().upper()
    return hmac.new(settings.HALL_IDENTITY_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def register_person(*, name: str, identity_number: str) -> Person:
    """Return the natural person with this identity number, registered once."""
    person, _created = Person.objects.get_or_create(
        identity_digest=identity_digest(identity_number), defaults={"name": name}
    )
    return person


@transaction.atomic
def invite_user(
    *,
    actor: User,
    taxpayer: Taxpayer,
    username: str,
    display_name: str,
    identity_number: str,
    role: str,
    password: str,
    phone: str = "",
) -> User:
    """Open an account for one of the company's people and give it a role.

    Raises: NotPermittedError for an actor without the right, InvalidInputError for a weak password
    or a username that is taken.
    """
    require(policies.can_manage_people(actor, taxpayer), NO_PEOPLE_RIGHT, code="accounts.people_not_permitted")
    person = register_person(name=display_name, identity_number=identity_number)
    user = User(username=User.normalize_username(username), display_name=display_name, phone=phone, person=person)
    _check_account(user, password)
    user.set_password(password)
    user.save()
    record_audit_event(actor=actor, action="accounts.user_invited", obj=user, taxpayer=taxpayer)
    grant_role(actor=actor, user=user, taxpayer=taxpayer, role=role)
    return user


@transaction.atomic
def grant_role(*, actor: User, user: User, taxpayer: Taxpayer, role: str) -> Membership:
    """Give an account a role in the company, or bring an ended one back into force.

    Raises: NotPermittedError for an actor without the right; RoleNotPossibleError for an officer's
    account, which must stay apart from taxpayers' business.
    """
    require(policies.can_manage_people(actor, taxpayer), NO_PEOPLE_RIGHT, code="accounts.people_not_permitted")
    if user.is_staff:
        raise RoleNotPossibleError(
            _("税务人员的账户不能兼任企业的办税身份。"), next_step=_("请为其本人另开一个企业账户。")
        )
    membership, created = Membership.objects.select_for_update().get_or_create(user=user, taxpayer=taxpayer, role=role)
    if not created and membership.is_active:
        return membership
    membership.is_active = True
    membership.save(update_fields=["is_active"])
    record_audit_event(
        actor=actor, action="accounts.role_granted", obj=membership, taxpayer=taxpayer, data={"role": role}
    )
    return membership


@transaction.atomic
def revoke_role(*, actor: User, membership: Membership) -> Membership:
    """End a role; it holds for open pages from the next request on. Ending it twice changes nothing.

    Raises: NotPermittedError for an actor without the right.
    """
    membership = Membership.objects.select_for_update().select_related("taxpayer").get(pk=membership.pk)
    require(
        policies.can_manage_people(actor, membership.taxpayer), NO_PEOPLE_RIGHT, code="accounts.people_not_permitted"
    )
    if membership.is_active:
        membership.is_active = False
        membership.save(update_fields=["is_active"])
        record_audit_event(
            actor=actor,
            action="accounts.role_revoked",
            obj=membership,
            taxpayer=membership.taxpayer,
            data={"role": membership.role},
        )
    return membership


@transaction.atomic
def assign_post(*, actor: User | None, user: User, post: str, bureau: Bureau) -> OfficerPost:
    """Give an officer a post in a bureau; an operator's act, so the actor may be the hall itself.

    Raises: RoleNotPossibleError for an account that is not an officer's.
    """
    if not user.is_staff:
        raise RoleNotPossibleError(_("只有税务人员的账户可以任岗。"), next_step=_("请先为其开设税务人员账户。"))
    found, created = OfficerPost.objects.get_or_create(user=user, post=post, bureau=bureau, is_active=True)
    if created:
        record_audit_event(
            actor=actor, action="accounts.post_assigned", obj=found, data={"post": post, "bureau": bureau.code}
        )
    return found


@transaction.atomic
def disable_user(*, actor: User | None, user: User, reason: str) -> User:
    """Close an account: pages, sessions and API tokens stop at their next request."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        AuthToken.objects.filter(user=user.pk).delete()
        record_audit_event(actor=actor, action="accounts.user_disabled", obj=user, data={"reason": reason})
    return user


def _check_account(user: User, password: str) -> None:
    try:
        validate_password(password, user)
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        fields = error.message_dict if hasattr(error, "error_dict") else {"password": error.messages}
        raise InvalidInputError(_("账户资料有误，没有开设账户。"), fields=fields) from error


@transaction.atomic
def set_period_kind(*, taxpayer_id: int, kind: str) -> Taxpayer:
    """Write how often a company files into its register; filing calls it on the day of a decided change."""
    taxpayer = Taxpayer.objects.select_for_update(of=("self",)).get(pk=taxpayer_id)
    was, taxpayer.period_kind = taxpayer.period_kind, kind
    taxpayer.save(update_fields=["period_kind", "updated_at"])
    data = {"was": was, "now": kind}
    record_audit_event(actor=None, action="accounts.period_kind_set", obj=taxpayer, taxpayer=taxpayer, data=data)
    return taxpayer
