"""Take a lost authenticator off an officer's account."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import services
from accounts.models import User
from taxhall.common.errors import TaxhallError


class Command(BaseCommand):
    """What a system administrator does when an officer has lost the telephone."""

    help = (
        "Take the authenticator (验证器) off an officer's account after checking who asks. The officer binds a new "
        "one at the next sign-in; open sessions of the account lose the console at once. The act is audited."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare whose, and why."""
        parser.add_argument("username", help="the officer's user name, such as officer1")
        parser.add_argument("--reason", required=True, help="why, for the audit trail: telephone lost, ticket 123")

    def handle(self, *_args: Any, username: str, reason: str, **_options: Any) -> None:
        """Unbind. Raises: CommandError when there is no such officer or nothing is bound."""
        user = User.objects.filter(username=username, is_staff=True).first()
        if user is None:
            raise CommandError(f"no officer {username!r}")
        try:
            services.unbind_authenticator(actor=None, user=user, reason=reason)
        except TaxhallError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(f"{username}: the next sign-in at /admin/login/ binds a new authenticator")
