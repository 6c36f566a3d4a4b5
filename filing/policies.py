"""May this actor do this in filing?"""

from __future__ import annotations

from accounts import policies as account_policies
from accounts.choices import Post
from accounts.models import OfficerPost, Taxpayer, User
from filing.models import ComparisonException, RuleMeasure, TaxReturn, WhitelistEntry
from taxhall.common import identifiers


def can_hold_feed(actor: User) -> bool:
    """Say whether the actor may have a private calendar address: whoever serves companies; officers serve none."""
    return actor.is_active and not actor.is_staff


def can_ask_calendar_change(actor: User) -> bool:
    """Say whether the actor may ask for a change of the calendar: every officer with a post in force."""
    return actor.is_staff and OfficerPost.objects.active().filter(user=actor.pk).exists()


def can_decide_calendar_change(actor: User) -> bool:
    """Say whether the actor may agree to one: it moves the whole city, so a head of post of the city's bureau."""
    heads = OfficerPost.objects.active().filter(user=actor.pk, user__is_staff=True, post=Post.HEAD)
    return any(identifiers.is_city_bureau(code) for code in heads.values_list("bureau__code", flat=True))


def can_decide_period_kind(actor: User, taxpayer: Taxpayer) -> bool:
    """Say whether the actor may decide how often a company files: its reviewers and approvers, never its own people."""
    covers = account_policies.post_covers(actor, taxpayer.bureau, Post.REVIEWER, Post.APPROVER)
    return covers and not account_policies.serves_taxpayer(actor, taxpayer)


def can_ask_period_kind(actor: User, taxpayer: Taxpayer) -> bool:
    """Say whether the actor may ask for another period: who files for the company, and who may decide on it."""
    return account_policies.can_file_return(actor, taxpayer) or can_decide_period_kind(actor, taxpayer)


def can_start_return(actor: User, taxpayer: Taxpayer) -> bool:
    """Say whether the actor may begin a return: 法定代表人, 财务负责人, 管理员, 办税员; not 开票员."""
    return account_policies.can_file_return(actor, taxpayer)


def can_change_return(actor: User, tax_return: TaxReturn) -> bool:
    """Say whether the actor may fill in, submit, pay or void a return."""
    return account_policies.can_file_return(actor, tax_return.taxpayer)


def can_keep_whitelist(actor: User, taxpayer: Taxpayer) -> bool:
    """Say whether the actor holds the exception post over the taxpayer and has no role in the company.

    In a stated emergency an exception post of another bureau will do.
    """
    covers = account_policies.post_covers(actor, taxpayer.bureau, Post.EXCEPTION)
    if not covers and account_policies.has_emergency(actor, taxpayer):
        covers = holds_exception_post(actor)
    return covers and not account_policies.serves_taxpayer(actor, taxpayer)


def holds_exception_post(actor: User) -> bool:
    """Say whether the officer holds the exception post (申报异常处理岗) anywhere at all."""
    return OfficerPost.objects.active().filter(user=actor.pk, user__is_staff=True, post=Post.EXCEPTION).exists()


def can_keep_rules(actor: User) -> bool:
    """Say whether the actor may ask for a measure about rules: exception post or head of the city's own bureau."""
    if not actor.is_staff or not actor.is_active:
        return False
    held = OfficerPost.objects.active().filter(user=actor.pk, post__in=(Post.EXCEPTION, Post.HEAD))
    return any(identifiers.is_city_bureau(code) for code in held.values_list("bureau__code", flat=True))


def can_keep_measure(actor: User, measure: WhitelistEntry | RuleMeasure) -> bool:
    """Say whether the actor may ask for such a measure, and lift this one."""
    if isinstance(measure, WhitelistEntry):
        return can_keep_whitelist(actor, measure.taxpayer)
    return can_keep_rules(actor)


def can_decide_measure(actor: User, measure: WhitelistEntry | RuleMeasure) -> bool:
    """Say whether the actor may be the second officer: another natural person with such a post, or a head there."""
    if account_policies.is_same_person(actor, measure.asked_by):
        return False
    if isinstance(measure, WhitelistEntry):
        heads = account_policies.heads_bureau(actor, measure.taxpayer.bureau)
        is_own = account_policies.serves_taxpayer(actor, measure.taxpayer)
        return can_keep_whitelist(actor, measure.taxpayer) or (heads and not is_own)
    return can_keep_rules(actor)


def can_decide_exception(actor: User, exception: ComparisonException) -> bool:
    """Say whether the actor may lift or refuse: the exception post, and not the person who submitted it."""
    is_own = account_policies.is_same_person(actor, exception.submitted_by)
    return can_keep_whitelist(actor, exception.taxpayer) and not is_own
