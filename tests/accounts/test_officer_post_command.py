"""Posts from the machine: the first head, and changes that two heads agree on by their one-time codes."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.choices import Post
from accounts.models import AuditEvent, OfficerPost, PostChange, User
from tests.console_pages.people import code_of
from tests.factories.accounts import YANTA, BureauFactory, OfficerFactory, TotpDeviceFactory


def run(*arguments: str) -> str:
    """Run the command and return what it said."""
    out = StringIO()
    call_command("officer_post", *arguments, stdout=out)
    return out.getvalue()


def about(officer: User) -> list[str]:
    """Return the options that name an officer, a bureau and a reason."""
    return ["--officer", officer.username, "--bureau", YANTA, "--reason", "开局"]


def by(head: User) -> list[str]:
    """Return the options that prove a head."""
    return ["--by", head.username, "--code", code_of(head)]


@pytest.fixture
def heads(db: None, freeze: Any) -> list[User]:
    """Return two heads with an authenticator each."""
    freeze("2026-11-05 10:00")
    return [TotpDeviceFactory(user=OfficerFactory(post=Post.HEAD)).user for _ in range(2)]


@pytest.mark.django_db
def test_the_first_head_is_made_and_the_second_is_not() -> None:
    BureauFactory()
    officer = OfficerFactory()
    assert "head of post" in run("first-head", *about(officer))
    assert OfficerPost.objects.filter(user=officer, post=Post.HEAD, is_active=True).count() == 1
    assert AuditEvent.objects.get(action="accounts.first_head_appointed").data["reason"] == "开局"
    with pytest.raises(CommandError, match="已有岗位负责人"):
        run("first-head", *about(OfficerFactory()))


def test_two_heads_give_a_post(heads: list[User]) -> None:
    officer = OfficerFactory()
    assert "another head agrees" in run("ask", "give", "--post", Post.APPROVER, *about(officer), *by(heads[0]))
    change = str(PostChange.objects.get().pk)
    assert f"waits for a second head: {change}" in run("list")
    assert "agreed" in run("agree", change, *by(heads[1]))
    assert f"approver    {officer.username}" in run("list")


def test_a_wrong_code_agrees_to_nothing(heads: list[User]) -> None:
    officer = OfficerFactory()
    run("ask", "give", "--post", Post.APPROVER, *about(officer), *by(heads[0]))
    with pytest.raises(CommandError, match="动态口令不正确"):
        run("agree", str(PostChange.objects.get().pk), "--by", heads[1].username, "--code", "000000")
    assert not OfficerPost.objects.filter(user=officer, post=Post.APPROVER).exists()


def test_a_head_refuses(heads: list[User]) -> None:
    run("ask", "give", "--post", Post.APPROVER, *about(OfficerFactory()), *by(heads[0]))
    assert "refused" in run("refuse", str(PostChange.objects.get().pk), *by(heads[1]))


def test_whom_nobody_knows_is_told(heads: list[User]) -> None:
    with pytest.raises(CommandError, match="no officer 'nobody'"):
        run("ask", "give", "--post", Post.APPROVER, *about(User(username="nobody")), *by(heads[0]))
    with pytest.raises(CommandError, match="no bureau"):
        run("first-head", "--officer", heads[0].username, "--bureau", "1", "--reason", "x")
