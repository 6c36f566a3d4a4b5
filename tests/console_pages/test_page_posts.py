"""Giving and taking posts: one head asks, another agrees; nobody gives one to themself; the last head stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.choices import ChangeKind, ChangeState, Post
from accounts.models import AuditEvent, Bureau, OfficerPost, PostChange, User
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, enter
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory
from tests.harness.clients import HallClient

PAGE = reverse("admin:posts")


@pytest.fixture
def heads(db: None, november: datetime) -> tuple[HallClient, HallClient]:
    """Return the two heads of post of 雁塔区."""
    return enter(post=Post.HEAD), enter(post=Post.HEAD)


@pytest.fixture
def colleague(db: None) -> User:
    """Return a reviewer who is to become an approver."""
    return OfficerFactory()


def asked(concerned: User, /, **changes: Any) -> dict[str, Any]:
    """Return what is filled in."""
    bureau = Bureau.objects.get(code="16101130000").pk
    known = {"kind": ChangeKind.GIVE, "post": Post.APPROVER, "bureau": bureau, "reason": "工作调整"}
    return {"officer": concerned.username} | known | changes


def decide(client: HallClient, word: str = "agree") -> Any:
    """Send the second person's word on the change that is there."""
    return client.post(reverse(f"admin:post-change-{word}", args=[PostChange.objects.get().pk]))


def holds(officer: User, post: str) -> bool:
    """Tell whether the officer has the post now."""
    return OfficerPost.objects.active().filter(user=officer, post=post).exists()


def test_a_post_is_given_when_a_second_head_agrees(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    first, second = heads
    assert "另一名岗位负责人确认后生效" in words_of(first.post(PAGE, asked(colleague), follow=True))
    assert not holds(colleague, Post.APPROVER)
    assert "岗位变动待您确认" in words_of(second.get(reverse("admin:index")))
    assert decide(second).status_code == 302
    assert holds(colleague, Post.APPROVER)
    found = AuditEvent.objects.filter(action__startswith="accounts.post").order_by("pk")
    assert [(each.action, each.actor) for each in found] == [
        ("accounts.post_change_asked", first.user),
        ("accounts.post_assigned", second.user),
        ("accounts.post_change_agreed", second.user),
    ]


def test_a_post_is_taken_when_a_second_head_agrees(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    first, second = heads
    first.post(PAGE, asked(colleague, kind=ChangeKind.TAKE, post=Post.REVIEWER))
    assert holds(colleague, Post.REVIEWER)
    for _ in range(2):
        assert decide(second).status_code == 302
    assert not holds(colleague, Post.REVIEWER)
    assert AuditEvent.objects.filter(action="accounts.post_ended").count() == 1


def test_refusing_leaves_everything_as_it_was(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    first, second = heads
    first.post(PAGE, asked(colleague))
    assert decide(second, "refuse").status_code == 302
    assert not holds(colleague, Post.APPROVER)
    answer = decide(second)
    assert answer.status_code == 409
    assert "未同意" in words_of(answer)


def test_asking_twice_asks_once(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    for _ in range(2):
        assert heads[0].post(PAGE, asked(colleague)).status_code == 302
    assert PostChange.objects.count() == 1


def test_the_asker_cannot_agree_by_any_account(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    first, second = heads
    first.post(PAGE, asked(colleague))
    twin = enter(post=Post.HEAD, person=first.user.person)
    for client in (first, twin):
        answer = decide(client)
        assert answer.status_code == 403
        assert "须由另一名岗位负责人确认" in words_of(answer)
    change = PostChange.objects.get()
    now = change.asked_at
    for words in ({"decided_by": first.user}, {"decided_by": second.user, "decided_person": first.user.person}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PostChange.objects.filter(pk=change.pk).update(state=ChangeState.AGREED, decided_at=now, **words)


def test_nobody_asks_for_a_post_of_their_own_or_agrees_to_it(
    heads: tuple[HallClient, HallClient], colleague: User
) -> None:
    first, second = heads
    answer = first.post(PAGE, asked(first.user))
    assert answer.status_code == 403
    assert "不能为自己申请岗位" in words_of(answer)
    first.post(PAGE, asked(second.user))
    assert decide(second).status_code == 403
    assert not holds(second.user, Post.APPROVER)


def test_the_last_head_cannot_go(heads: tuple[HallClient, HallClient]) -> None:
    first, second = heads
    own = asked(first.user, kind=ChangeKind.TAKE, post=Post.HEAD)
    assert first.post(PAGE, own).status_code == 302
    assert decide(second).status_code == 302
    assert not holds(first.user, Post.HEAD)
    answer = second.post(PAGE, asked(second.user, kind=ChangeKind.TAKE, post=Post.HEAD))
    assert answer.status_code == 409
    assert "最后一名岗位负责人" in words_of(answer)
    assert holds(second.user, Post.HEAD)


def test_what_was_possible_when_asked_is_looked_at_again_when_agreed(heads: tuple[HallClient, HallClient]) -> None:
    first, second = heads
    third = enter(post=Post.HEAD)
    for client, other in ((first, first), (first, second), (second, third)):
        client.post(PAGE, asked(other.user, kind=ChangeKind.TAKE, post=Post.HEAD))
    urls = [reverse("admin:post-change-agree", args=[each.pk]) for each in PostChange.objects.order_by("pk")]
    assert third.post(urls[0]).status_code == 302
    assert third.post(urls[1]).status_code == 302
    city = enter(post=Post.HEAD, bureau=BureauFactory(city=True))
    OfficerPost.objects.filter(user=city.user).update(post=Post.AUDITOR)
    assert city.post(urls[2]).status_code == 404
    assert third.post(urls[2]).status_code == 403
    assert holds(third.user, Post.HEAD)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"officer": "nobody"}, "没有找到这个税务人员的账户"),
        ({"reason": ""}, "请填写事由"),
        ({"post": Post.REVIEWER}, "已有这个岗位"),
        ({"kind": ChangeKind.TAKE}, "没有这个岗位，不能收回"),
        ({"bureau": 0}, "错误"),
    ],
)
def test_what_cannot_be_is_told(
    heads: tuple[HallClient, HallClient], colleague: User, changes: dict[str, Any], words: str
) -> None:
    answer = heads[0].post(PAGE, asked(colleague, **changes))
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert PostChange.objects.count() == 0


def test_a_taxpayers_account_gets_no_post(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    member = MembershipFactory()
    assert "没有找到这个税务人员的账户" in words_of(heads[0].post(PAGE, asked(member.user)))


def test_other_posts_and_other_districts_have_no_say(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    heads[0].post(PAGE, asked(colleague))
    reviewer = enter()
    assert reviewer.get(PAGE).status_code == 403
    assert decide(reviewer).status_code == 404
    stranger = enter(post=Post.HEAD, bureau=BureauFactory(xincheng=True))
    assert colleague.username not in words_of(stranger.get(PAGE))
    assert decide(stranger).status_code == 404
    assert stranger.post(PAGE, asked(colleague, post=Post.AUDITOR)).status_code == 422
    assert not holds(colleague, Post.APPROVER)


def test_the_head_of_the_city_answers_for_its_districts(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    city = enter(post=Post.HEAD, bureau=BureauFactory(city=True))
    heads[0].post(PAGE, asked(colleague))
    assert decide(city).status_code == 302
    assert holds(colleague, Post.APPROVER)


def test_others_are_sent_to_the_sign_in(heads: tuple[HallClient, HallClient], colleague: User) -> None:
    assert_closed(PAGE)
    assert_closed(PAGE, asked(colleague))
