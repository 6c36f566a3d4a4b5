"""Officers' posts from the machine: the list, the first head of a bureau, and changes that two heads agree on."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import selectors, services
from accounts.choices import ChangeKind, Post
from accounts.models import Bureau, OfficerPost, PostChange, User
from taxhall.common.errors import TaxhallError


class Command(BaseCommand):
    """What the page 岗位管理 does, for a site without a browser, and the one thing that it cannot do."""

    help = (
        "Show and change officers' posts (岗位). Giving and taking needs two heads of post: one asks, another agrees, "
        "each by a one-time code of the own authenticator; operators cannot do it alone. Only the first head of a "
        "bureau that has none is made here without a second person, and the audit trail says so."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the five things it does."""
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="every post in force and every change that waits")
        first = acts.add_parser("first-head", help="make the first head of a bureau that has none")
        ask = acts.add_parser("ask", help="ask for a change, as a head; prints its number")
        ask.add_argument("kind", choices=ChangeKind.values)
        for each in (first, ask):
            each.add_argument("--officer", required=True, help="the officer's user name, such as officer1")
            each.add_argument("--bureau", required=True, help="the bureau's 11-digit code")
            each.add_argument("--reason", required=True, help="why, for the audit trail")
        ask.add_argument("--post", required=True, choices=Post.values)
        agree = acts.add_parser("agree", help="agree to a change, as another head")
        refuse = acts.add_parser("refuse", help="refuse a change, as another head")
        for each in (agree, refuse):
            each.add_argument("change", type=int, help="the number that ask printed")
        for each in (ask, agree, refuse):
            each.add_argument("--by", required=True, help="the user name of the head who acts")
            each.add_argument("--code", required=True, help="the six digits on that head's authenticator")

    def handle(self, *_args: Any, act: str, **options: Any) -> None:
        """Do one act. Raises: CommandError with what was refused and why."""
        acts = {"list": self._list, "first-head": self._first_head, "ask": self._ask}
        try:
            acts.get(act, self._decide)(options | {"act": act})
        except TaxhallError as error:
            words = [str(error.message), *(str(each) for found in error.fields.values() for each in found)]
            raise CommandError(" ".join([*words, str(error.next_step)]).strip()) from error

    def _list(self, _options: dict[str, Any]) -> None:
        for post in OfficerPost.objects.active().select_related("user", "bureau").order_by("bureau__code", "pk"):
            self.stdout.write(f"{post.bureau.code}  {post.post:<10}  {post.user.username}  {post.user}")
        for change in PostChange.objects.filter(decided_at__isnull=True).select_related("officer", "bureau"):
            what = f"{change.kind} {change.post} {change.officer.username} {change.bureau.code}"
            self.stdout.write(f"waits for a second head: {change.pk}  {what}")

    def _first_head(self, options: dict[str, Any]) -> None:
        officer, bureau = _officer(options["officer"]), _bureau(options["bureau"])
        services.appoint_first_head(user=officer, bureau=bureau, reason=options["reason"])
        self.stdout.write(f"{officer.username} is head of post of {bureau.code}")

    def _ask(self, options: dict[str, Any]) -> None:
        actor = _proven(options)
        wanted = {name: options[name] for name in ("kind", "post", "reason")}
        officer, bureau = _officer(options["officer"]), _bureau(options["bureau"])
        change = services.ask_post_change(actor=actor, officer=officer, bureau=bureau, **wanted)
        self.stdout.write(f"asked: {change.pk}; it takes effect when another head agrees")

    def _decide(self, options: dict[str, Any]) -> None:
        actor = _proven(options)
        change = selectors.get_post_change(visible_to=actor, pk=options["change"])
        decide = services.agree_post_change if options["act"] == "agree" else services.refuse_post_change
        self.stdout.write(f"{change.pk}: {decide(actor=actor, change=change).state}")


def _officer(username: str) -> User:
    found = User.objects.filter(username=username, is_staff=True).first()
    if found is None:
        raise CommandError(f"no officer {username!r}")
    return found


def _bureau(code: str) -> Bureau:
    found = Bureau.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"no bureau {code!r}")
    return found


def _proven(options: dict[str, Any]) -> User:
    """Return the head who acts, proven by the one-time code."""
    actor = _officer(options["by"])
    services.check_code(user=actor, code=options["code"])
    return actor
