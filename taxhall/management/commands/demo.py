"""Clear three disks without a browser, and prove it."""

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from taxhall.common.errors import TaxhallError
from taxhall.demo.stage import stage
from taxhall.demo.walk import Cleared, Walk, WalkError
from taxhall.demo.witness import contradictions

CLAIMS = "claims.json"


class Command(BaseCommand):
    """Brings a hall of its own up, walks the month through it, stops it, and asks the disks."""

    help = (
        "Clear three disks, one of a general taxpayer, on a fresh hall of its own (HALL_VAR/demo, with its own "
        "servers, made anew each time): issue, void, report, tick input vouchers, file, pay, compare, apply, review, "
        "clear, certificate. Prints each step with its evidence, then stops everything and compares the disks' own "
        "memory with what the hall claimed. Exit 0 only when disk, ledger and certificate agree."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--transport",
            choices=["auto", "pcsc", "memory"],
            default="auto",
            help="how disks are reached: pcsc, memory, or pcsc where it is installed (auto, the default)",
        )
        parser.add_argument("--walk", metavar="ADDRESS", help=argparse.SUPPRESS)

    def handle(self, *_args: Any, transport: str, walk: str | None, **_options: Any) -> None:
        """Run the whole demo, or its inner half against a hall that is up."""
        if not settings.HALL_DEMO:
            raise CommandError("the demo runs in demo settings only")
        if walk:
            self._walk(walk)
            return
        folder = Path(settings.HALL_VAR) / "demo"
        with stage(folder, transport=transport, say=self._say) as scene:
            scene.run("demo", "--walk", scene.address)
        self._conclude(folder)

    def _conclude(self, folder: Path) -> None:
        """Let the disks have the last word, now that nothing of the hall runs any more."""
        claims = [Cleared(**each) for each in json.loads((folder / CLAIMS).read_text())]
        problems = [each for claim in claims for each in contradictions(folder / "disks", claim)]
        if problems:
            raise CommandError("the disks contradict the hall:\n" + "\n".join(problems))
        self._say(f"witness  everything is stopped; {len(claims)} disks say the same from their own memory")
        for claim in claims:
            self.stdout.write(
                f"CLEARED case={claim.case} certificate={claim.certificate} disk={claim.disk} "
                f"lock_date={claim.lock_date} transport={claim.transport}"
            )

    def _walk(self, address: str) -> None:
        try:
            claims = Walk(self._say).run()
        except (WalkError, TaxhallError) as error:
            raise CommandError(str(error)) from error
        for claim in claims:
            self._verify(f"{address}/verify/{claim.verify_token}/", claim)
        text = json.dumps([claim.as_json() for claim in claims], ensure_ascii=False)
        (Path(settings.HALL_VAR) / CLAIMS).write_text(text)

    def _verify(self, url: str, claim: Cleared) -> None:
        """Ask the public page, as anybody could."""
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  (our own address)
                page = answer.read().decode()
        except (urllib.error.URLError, OSError) as error:
            raise CommandError(f"the public check of {claim.certificate} failed: {error}") from error
        if claim.certificate not in page or "有效" not in page:
            raise CommandError(f"the public check does not confirm {claim.certificate}")
        self._say(f"verify   {claim.certificate} confirmed at {url}")

    def _say(self, text: str) -> None:
        self.stdout.write(f"demo: {text}")
        self.stdout.flush()
