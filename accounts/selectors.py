"""Reads of accounts; each takes who is asking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.choices import Post, Role
from accounts.errors import FileInfectedError, FileScanningError, FileTooLargeToScanError
from accounts.models import (
    AuditEvent,
    Bureau,
    EmergencyAccess,
    FileScan,
    Membership,
    Notice,
    OfficerPost,
    PhoneCode,
    PostChange,
    StaffNotice,
    Taxpayer,
    TextMessage,
    User,
)
from accounts.querysets import NoticeQuerySet
from accounts.sms import demo
from accounts.sms.base import SmsGateway, sms_gateway
from taxhall.common import identifiers
from taxhall.common.errors import NotFoundError
from taxhall.common.prepared import Prepared, Slot

# Read for every page.
_ROLES: Prepared[Membership] = Prepared(
    lambda: Membership.objects.active().filter(user=Slot("user")).select_related("taxpayer__bureau")
)
_POSTS: Prepared[OfficerPost] = Prepared(
    lambda: OfficerPost.objects.active().filter(user=Slot("user")).select_related("bureau", "user").order_by("pk")
)


@dataclass(frozen=True)
class Identity:
    """One way a person can act: for which company, in which role, and what waits there."""

    membership: Membership
    pending_count: int


def list_taxpayers(*, visible_to: User) -> QuerySet[Taxpayer]:
    """Return the taxpayers the user may see: own companies, or those of the officer's bureau."""
    return Taxpayer.objects.visible_to(visible_to).select_related("bureau")


def list_bureau_taxpayers(*, bureau: Bureau) -> QuerySet[Taxpayer]:
    """Return the taxpayers that a bureau answers for; who may ask for them was checked before."""
    return Taxpayer.objects.of_bureau(bureau).select_related("bureau")


def get_taxpayer(*, visible_to: User, number: str) -> Taxpayer:
    """Return one visible taxpayer. Raises: NotFoundError, the same for absent and for another's."""
    taxpayer = list_taxpayers(visible_to=visible_to).filter(number=number).first()
    if taxpayer is None:
        raise NotFoundError(_("没有找到这个纳税人。"), next_step=_("请核对纳税人识别号。"))
    return taxpayer


def get_membership(*, user: User, taxpayer_id: int) -> Membership:
    """Return the user's active role in a company, the farthest-reaching one if there are several.

    Raises: NotFoundError, the same for a company that does not exist.
    """
    for membership in list_memberships(user=user):
        if membership.taxpayer_id == taxpayer_id:
            return membership
    raise NotFoundError(_("没有找到这个企业身份。"), next_step=_("请在切换企业页面选择。"))


def list_memberships(*, user: User) -> list[Membership]:
    """Return the user's roles in force, by company, the farthest-reaching role of each first."""
    if user.is_staff:
        return []
    found = _ROLES.rows(user=user.pk)
    for each in found:
        # Whose roles they are is known: read once for every page, the account would be read twice.
        each.user = user
    return sorted(found, key=lambda each: (each.taxpayer.name, each.taxpayer_id, role_rank(each.role)))


def role_rank(role: str) -> int:
    """Return how far a role reaches; the lowest number reaches farthest."""
    return Role.values.index(role)


def list_identities(*, user: User) -> list[Identity]:
    """Return the user's roles with the number of things that wait in each company.

    What waits is known by the applications above; settings.IDENTITY_PENDING_COUNTER names their
    counter (taxpayers in, number by taxpayer id out). Without one, unread notices are counted.
    """
    memberships = list_memberships(user=user)
    counter = import_string(settings.IDENTITY_PENDING_COUNTER) if settings.IDENTITY_PENDING_COUNTER else count_unread
    waiting = counter({each.taxpayer for each in memberships})
    return [Identity(each, waiting.get(each.taxpayer_id, 0)) for each in memberships]


def list_posts(*, user: User) -> list[OfficerPost]:
    """Return an officer's posts in force, oldest first."""
    if not user.is_staff:
        return []
    return _POSTS.rows(user=user.pk)


def list_heads(*, bureaus: Iterable[Bureau]) -> list[User]:
    """Return the heads of post of the bureaus and of the city's above them, each once."""
    return list_post_holders(post=Post.HEAD, bureaus=bureaus)


def list_post_holders(*, post: Post, bureaus: Iterable[Bureau]) -> list[User]:
    """Return who holds a post in one of the bureaus or in the city's above them, each once."""
    codes = {code for each in bureaus for code in (each.code, f"{each.code[:5]}000000")}
    posts = OfficerPost.objects.active().filter(post=post, bureau__code__in=codes)
    return list(User.objects.filter(pk__in=posts.values("user_id")).order_by("pk"))


def headed_bureaus(*, officer: User, posts: tuple[str, ...] = (Post.HEAD,)) -> QuerySet[Bureau]:
    """Return the bureaus the officer answers for as a head, or by another of the named posts."""
    held = OfficerPost.objects.active().filter(user=officer.pk, user__is_staff=True, post__in=posts)
    covered = Q(pk__in=[])
    for code in held.values_list("bureau__code", flat=True):
        covered |= Q(code__startswith=code[:5]) if identifiers.is_city_bureau(code) else Q(code=code)
    return Bureau.objects.filter(covered)


def list_district_posts(*, visible_to: User) -> QuerySet[OfficerPost]:
    """Return the posts in force in the bureaus the officer is head of."""
    found = OfficerPost.objects.active().filter(bureau__in=headed_bureaus(officer=visible_to))
    return found.select_related("user", "bureau").order_by("bureau__code", "user__display_name", "pk")


def list_post_changes(*, visible_to: User) -> QuerySet[PostChange]:
    """Return the changes of posts in the bureaus the officer is head of, newest first."""
    found = PostChange.objects.filter(bureau__in=headed_bureaus(officer=visible_to))
    return found.select_related("officer", "bureau", "asked_by", "decided_by")


def get_post_change(*, visible_to: User, pk: int) -> PostChange:
    """Return one change of a post. Raises: NotFoundError, the same for absent and for another bureau's."""
    change = list_post_changes(visible_to=visible_to).filter(pk=pk).first()
    if change is None:
        raise NotFoundError(_("没有找到这项岗位变动。"), next_step=_("请回到岗位管理查看。"))
    return change


def list_emergencies(*, visible_to: User) -> QuerySet[EmergencyAccess]:
    """Return the officer's own emergencies, and those at the bureaus the officer is head or auditor of."""
    bureaus = headed_bureaus(officer=visible_to, posts=(Post.HEAD, Post.AUDITOR))
    own_bureau = OfficerPost.objects.active().filter(bureau__in=bureaus)
    found = EmergencyAccess.objects.filter(
        Q(officer=visible_to.pk) | Q(taxpayer__bureau__in=bureaus) | Q(officer__in=own_bureau.values("user_id"))
    )
    return found.select_related("officer", "taxpayer__bureau", "reviewed_by")


def get_emergency(*, visible_to: User, pk: int) -> EmergencyAccess:
    """Return one emergency. Raises: NotFoundError, the same for absent and for one out of sight."""
    access = list_emergencies(visible_to=visible_to).filter(pk=pk).first()
    if access is None:
        raise NotFoundError(_("没有找到这次紧急处置。"), next_step=_("请回到紧急处置列表。"))
    return access


def acts_under(access: EmergencyAccess) -> QuerySet[AuditEvent]:
    """Return what the officer did for the company under the emergency, oldest first."""
    done = AuditEvent.objects.filter(actor=access.officer_id, taxpayer=access.taxpayer_id)
    return done.filter(data__emergency=access.pk).order_by("pk")


def list_notices(*, taxpayer: Taxpayer) -> NoticeQuerySet:
    """Return the inbox of the company in sight, newest first."""
    return Notice.objects.filter(recipient=taxpayer.pk)


def list_staff_notices(*, officer: User) -> QuerySet[StaffNotice]:
    """Return the messages to an officer that nobody has opened yet, newest first."""
    return StaffNotice.objects.filter(recipient=officer.pk, read_at__isnull=True)


def get_staff_notice(*, officer: User, pk: int) -> StaffNotice:
    """Return one message to the officer. Raises: NotFoundError, the same for absent and for another's."""
    notice = StaffNotice.objects.filter(recipient=officer.pk, pk=pk).first()
    if notice is None:
        raise NotFoundError(_("没有找到这条消息。"), next_step=_("请回到我的工作台查看。"))
    return notice


def people_who_want_texts(*, after: int, count: int) -> list[User]:
    """Return the next people behind a key who have reminders sent to their telephones, for the hall's own work."""
    found = User.objects.filter(wants_texts=True, is_active=True, is_staff=False, pk__gt=after)
    return list(found.order_by("pk")[:count])


def find_sms_gateway() -> SmsGateway | None:
    """Return what carries short messages here; a site may have none."""
    return sms_gateway()


def find_phone_code(*, user: User, pk: int) -> PhoneCode | None:
    """Return the person's own wish to have a number registered."""
    return PhoneCode.objects.filter(user=user.pk, pk=pk).first()


def demo_telephone(asked: PhoneCode) -> str:
    """Return what the demonstration's telephone shows; empty wherever messages are really sent."""
    gateway = sms_gateway()
    return demo.shown(asked.uid.hex) if settings.HALL_DEMO and gateway is not None and gateway.is_demo else ""


def list_text_messages(*, recipient: User) -> QuerySet[TextMessage]:
    """Return what was sent to a person's own telephone, newest first."""
    return TextMessage.objects.filter(recipient=recipient.pk)


def list_visible_notices(*, visible_to: User) -> QuerySet[Notice]:
    """Return the notices of every company the user acts for; officers have no inbox."""
    served = Membership.objects.active().filter(user=visible_to.pk, user__is_staff=False)
    return Notice.objects.filter(recipient__in=served.values("taxpayer_id")).select_related("recipient")


def get_notice(*, taxpayer: Taxpayer, pk: int) -> Notice:
    """Return one notice of the company. Raises: NotFoundError, the same for absent and for another's."""
    notice = list_notices(taxpayer=taxpayer).filter(pk=pk).first()
    if notice is None:
        raise NotFoundError(_("没有找到这条消息。"), next_step=_("请回到消息列表查看。"))
    return notice


def unread_count(*, taxpayer: Taxpayer) -> int:
    """Return how many notices nobody of the company has opened."""
    return list_notices(taxpayer=taxpayer).unread().count()


def count_unread(taxpayers: Iterable[Taxpayer]) -> dict[int, int]:
    """Return the unread notices of each company, in one query."""
    rows = Taxpayer.objects.filter(pk__in=[each.pk for each in taxpayers]).annotate(
        waiting=Count("notices", filter=Q(notices__read_at__isnull=True))
    )
    return dict(rows.values_list("pk", "waiting"))


def require_clean(scan: FileScan) -> None:
    """Let a file be opened only after a clean verdict. Raises: FileScanningError; FileRejectedError with the cause."""
    if scan.is_infected:
        raise FileInfectedError(scan.finding)
    if scan.is_too_large:
        raise FileTooLargeToScanError(scan.limit)
    if not scan.is_clean:
        raise FileScanningError
