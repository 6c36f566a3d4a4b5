"""Giving and taking officers' posts: one head asks, another agrees (S-12, A19)."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import policies, selectors
from accounts.choices import ChangeKind, ChangeState, Post
from accounts.errors import LastHeadError, RoleNotPossibleError
from accounts.models import Bureau, OfficerPost, PostChange, User
from accounts.services.audit import record_audit_event
from accounts.services.notices import send_staff_notice
from accounts.services.people import assign_post
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.policies import require


@transaction.atomic
def ask_post_change(
    *, actor: User, kind: str, officer: User | None, post: str, bureau: Bureau, reason: str
) -> PostChange:
    """Ask to give an officer a post in a bureau, or to take it; nothing changes before another head agrees.

    Rule: by a head of the bureau, never a post for oneself; the last head of a bureau stays. A repeat gives the one
    that is asked already. Raises: NotPermittedError; InvalidInputError; RoleNotPossibleError; LastHeadError.
    """
    Bureau.objects.select_for_update().get(pk=bureau.pk)
    require(policies.heads_bureau(actor, bureau), _("岗位由该机关的岗位负责人申请变动，您没有这个权限。"))
    officer, words = _checked(officer, kind, post, reason)
    for_oneself = kind == ChangeKind.GIVE and policies.is_same_person(actor, officer)
    require(not for_oneself, _("不能为自己申请岗位，请由其他负责人申请。"))
    _require_possible(kind, officer, post, bureau)
    wanted = {"kind": kind, "officer": officer, "post": post, "bureau": bureau, "state": ChangeState.ASKED}
    known = {"officer_person": officer.person, "reason": words, "asked_by": actor, "asked_person": actor.person}
    change, created = PostChange.objects.get_or_create(**wanted, defaults=known)
    if created:
        _record(change, actor, "post_change_asked")
        _tell_heads(change)
    return change


@transaction.atomic
def agree_post_change(*, actor: User, change: PostChange) -> PostChange:
    """Agree as the second person; the post is given or taken with it. Agreeing twice changes nothing.

    Raises: NotPermittedError for the asker, the officer concerned and who is no head; ConflictError once refused;
    LastHeadError.
    """
    change = _lock(change)
    _require_second(actor, change)
    if change.state == ChangeState.AGREED and change.decided_by_id == actor.pk:
        return change
    _require_undecided(change)
    _require_possible(change.kind, change.officer, change.post, change.bureau)
    _decide(change, actor, ChangeState.AGREED)
    if change.kind == ChangeKind.GIVE:
        assign_post(actor=actor, user=change.officer, post=change.post, bureau=change.bureau)
    else:
        _end_posts(actor, change)
    _record(change, actor, "post_change_agreed")
    return change


@transaction.atomic
def refuse_post_change(*, actor: User, change: PostChange) -> PostChange:
    """Refuse as the second person; the posts stay as they are. Refusing twice changes nothing.

    Raises: NotPermittedError; ConflictError once agreed.
    """
    change = _lock(change)
    _require_second(actor, change)
    if change.state == ChangeState.REFUSED and change.decided_by_id == actor.pk:
        return change
    _require_undecided(change)
    _decide(change, actor, ChangeState.REFUSED)
    _record(change, actor, "post_change_refused")
    return change


@transaction.atomic
def appoint_first_head(*, user: User, bureau: Bureau, reason: str) -> OfficerPost:
    """Make the first head of a bureau that has none, neither itself nor above it; an operator's act at the machine.

    Raises: InvalidInputError without a reason; ConflictError where a head could ask for it.
    """
    Bureau.objects.select_for_update().get(pk=bureau.pk)
    if not reason.strip():
        raise InvalidInputError(_("请写明事由。"), fields={"reason": [_("请写明事由。")]})
    if selectors.list_heads(bureaus=[bureau]):
        words = _("这个机关已有岗位负责人，岗位变动由负责人在工作台申请、另一人确认，这里没有改变任何岗位。")
        raise ConflictError(words, next_step=_("请由负责人办理。"))
    post = assign_post(actor=None, user=user, post=Post.HEAD, bureau=bureau)
    data = {"officer": user.pk, "bureau": bureau.code, "reason": reason.strip()}
    record_audit_event(actor=None, action="accounts.first_head_appointed", obj=post, data=data)
    return post


def _checked(officer: User | None, kind: str, post: str, reason: str) -> tuple[User, str]:
    wrong: dict[str, list[str]] = {}
    if officer is None:
        wrong["officer"] = [_("没有找到这个税务人员的账户，请核对用户名。")]
    if kind not in ChangeKind.values:
        wrong["kind"] = [_("请选择授予或收回。")]
    if post not in Post.values:
        wrong["post"] = [_("请选择岗位。")]
    if not reason.strip():
        wrong["reason"] = [_("请写明事由，第二人确认时会看到。")]
    if officer is None or wrong:
        raise InvalidInputError(_("岗位变动没有提出。"), fields=wrong)
    if not officer.is_staff or not officer.is_active:
        raise RoleNotPossibleError(_("只有启用中的税务人员账户可以任岗。"), next_step=_("请先为其开设税务人员账户。"))
    return officer, reason.strip()


def _require_possible(kind: str, officer: User, post: str, bureau: Bureau) -> None:
    held = OfficerPost.objects.filter(user=officer, post=post, bureau=bureau, is_active=True).exists()
    if kind == ChangeKind.GIVE and held:
        raise RoleNotPossibleError(_("该人员在此机关已有这个岗位，不需要重复授予。"))
    if kind == ChangeKind.TAKE and not held:
        raise RoleNotPossibleError(_("该人员在此机关没有这个岗位，不能收回。"))
    others = [head for head in selectors.list_heads(bureaus=[bureau]) if head.pk != officer.pk]
    if kind == ChangeKind.TAKE and post == Post.HEAD and not others:
        raise LastHeadError


def _require_second(actor: User, change: PostChange) -> None:
    require(policies.heads_bureau(actor, change.bureau), _("岗位变动由该机关的另一名岗位负责人确认，您没有这个权限。"))
    is_asker = policies.is_same_person(actor, change.asked_by)
    require(not is_asker, _("这项变动是您提出的，须由另一名岗位负责人确认。"))
    is_own = policies.is_same_person(actor, change.officer)
    require(not is_own, _("这项变动涉及您本人的岗位，须由另一名岗位负责人确认。"))


def _require_undecided(change: PostChange) -> None:
    if change.state != ChangeState.ASKED:
        facts = {"state": change.get_state_display(), "who": change.decided_by}
        raise ConflictError(_("这项变动已由 %(who)s 处理（%(state)s），没有改变。") % facts)


def _lock(change: PostChange) -> PostChange:
    """Lock the bureau first: two changes of its heads must not pass each other."""
    Bureau.objects.select_for_update().get(pk=change.bureau_id)
    rows = PostChange.objects.select_for_update(of=("self",)).select_related("officer", "asked_by", "bureau")
    return rows.get(pk=change.pk)


def _decide(change: PostChange, actor: User, state: str) -> None:
    change.state, change.decided_by, change.decided_person = state, actor, actor.person
    change.decided_at = timezone.now()
    change.save(update_fields=["state", "decided_by", "decided_person", "decided_at"])


def _end_posts(actor: User, change: PostChange) -> None:
    held = OfficerPost.objects.select_for_update().filter(
        user=change.officer, post=change.post, bureau=change.bureau, is_active=True
    )
    for post in held:
        post.is_active = False
        post.save(update_fields=["is_active"])
        data = {"post": post.post, "bureau": change.bureau.code}
        record_audit_event(actor=actor, action="accounts.post_ended", obj=post, data=data)


def _record(change: PostChange, actor: User, act: str) -> None:
    data = {"kind": change.kind, "officer": change.officer_id, "post": change.post, "reason": change.reason}
    data["bureau"] = change.bureau.code
    record_audit_event(actor=actor, action=f"accounts.{act}", obj=change, data=data)


def _tell_heads(change: PostChange) -> None:
    heads = selectors.list_heads(bureaus=[change.bureau])
    involved = (change.asked_by_id, change.officer_id)
    send_staff_notice(
        officers=[head for head in heads if head.pk not in involved],
        kind="post_change_asked",
        title=_("岗位变动待您确认：%(what)s") % {"what": change},
        body=_("%(who)s 提出，事由：%(reason)s") % {"who": change.asked_by, "reason": change.reason},
        link=reverse("admin:posts"),
        dedupe_key=f"post_change:{change.pk}",
    )
