"""Make the demonstration companies, people and disks."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from taxhall.common.errors import TaxhallError
from taxhall.demo import recipe, seeding


class Command(BaseCommand):
    """Seeds through the same services that people use; the disks enrol through the running card host."""

    help = (
        "Make four demonstration companies with people, officers and virtual disks, dated from today. Needs a "
        "running card host (`make run` starts it). Safe to repeat: what is there stays. Demo settings only."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the two uses of `make run`."""
        parser.add_argument("--if-empty", action="store_true", help="do nothing when the demo disks are there")
        parser.add_argument("--accounts", action="store_true", help="only print the demo accounts")

    def handle(self, *_args: Any, if_empty: bool, accounts: bool, **_options: Any) -> None:
        """Seed, or print who may sign in."""
        if not settings.HALL_DEMO:
            raise CommandError("demo data are made in demo settings only")
        if accounts:
            self._print_accounts()
        elif not (if_empty and seeding.is_seeded()):
            self._seed()

    def _seed(self) -> None:
        call_command("load_tax_codes", stdout=self.stdout)
        try:
            taxpayers = seeding.seed_people()
            for company, taxpayer in zip(recipe.COMPANIES, taxpayers, strict=True):
                device = seeding.seed_disk(company, taxpayer)
                self.stdout.write(f"seed_demo: {taxpayer.name} holds {device}, lock date {device.issue_allowed_until}")
            seeding.seed_credit(taxpayers[0])
        except (seeding.DemoError, TaxhallError) as error:
            raise CommandError(str(error)) from error

    def _print_accounts(self) -> None:
        self.stdout.write(f"  演示账户 (demo accounts), password {recipe.PASSWORD}, disk PIN (设备口令) {recipe.PIN}")
        for person in recipe.PEOPLE:
            where = "/admin/" if person.posts else "/account/login/"
            companies = "、".join(f"{recipe.COMPANIES[place].name}（{role.label}）" for place, role in person.roles)
            posts = "、".join(str(post.label) for post, _bureau in person.posts)
            self.stdout.write(f"    {person.username:<11} {person.display_name}  {companies or posts}  {where}")
