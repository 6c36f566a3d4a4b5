"""Take the pictures of the README anew, from a hall that was brought up for it."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django_otp.oath import TOTP

from clearcard.models import ClearCardCase
from taxhall.common.errors import TaxhallError
from taxhall.demo import recipe
from taxhall.demo.stage import stage
from taxhall.demo.walk import Walk, WalkError
from taxhall.env import BASE_DIR

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = BASE_DIR / "docs" / "images"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZE = {"width": 1280, "height": 900}


class Command(BaseCommand):
    """Walks both companies up to the officer's desk and photographs what people see there."""

    help = (
        "Bring up a hall of its own (HALL_VAR/screenshots), walk three companies up to the hand-in, and write "
        "docs/images/desk.png (a taxpayer's desk) and docs/images/review.png (an officer's review). Needs the "
        "packages of `make test` (Chromium, Playwright)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--folder", type=Path, default=PICTURES, help="where the pictures go (docs/images)")
        parser.add_argument("--walk", action="store_true", help=argparse.SUPPRESS)

    def handle(self, *_args: Any, folder: Path, walk: bool, **_options: Any) -> None:
        """Take the pictures, or walk inside a hall that is up."""
        if not settings.HALL_DEMO:
            raise CommandError("pictures are taken in demo settings only")
        if walk:
            self._walk()
            return
        folder.mkdir(parents=True, exist_ok=True)
        with stage(Path(settings.HALL_VAR) / "screenshots", transport="auto", say=self._say) as scene:
            scene.run("screenshots", "--walk")
            self._photograph(scene.address, folder)

    def _walk(self) -> None:
        try:
            walk = Walk(self._say)
            walk.await_officer(walk.apply_all()[1])
        except (WalkError, TaxhallError) as error:
            raise CommandError(str(error)) from error
        # The folder is where the pictures' half of the command finds what to open.
        number = ClearCardCase.objects.get(device__serial=recipe.COMPANIES[1].serial).number
        (Path(settings.HALL_VAR) / "case").write_text(number)

    def _photograph(self, address: str, folder: Path) -> None:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  (only developers have it)

        chromium = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
        if chromium is None:
            raise CommandError("Chromium is not installed: apt-get install -y chromium fonts-noto-cjk")
        number = (Path(settings.HALL_VAR) / "screenshots" / "case").read_text()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
            for name, take in (("desk", self._desk), ("review", self._review)):
                page = browser.new_context(locale="zh-CN", viewport=SIZE).new_page()  # type: ignore[arg-type]
                take(page, address, number)
                page.screenshot(path=folder / f"{name}.png")
                self._say(f"wrote {folder / name}.png")
            browser.close()

    def _desk(self, page: Page, address: str, _number: str) -> None:
        page.goto(f"{address}/account/login/")
        page.locator("[name=identifier]").fill("finance1")
        page.locator("[name=password]").fill(recipe.PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{address}/desk/")

    def _review(self, page: Page, address: str, number: str) -> None:
        review = address + reverse("admin:clearcard-review", args=[number])
        page.goto(review)
        page.locator("[name=username]").fill("officer1")
        page.locator("[name=password]").fill(recipe.PASSWORD)
        page.locator("[name=code]").fill(_code())
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(review)
        # The pictures of the papers come after the page.
        page.wait_for_load_state("networkidle")

    def _say(self, text: str) -> None:
        self.stdout.write(f"screenshots: {text}")
        self.stdout.flush()


def _code() -> str:
    totp = TOTP(bytes.fromhex(recipe.OFFICER_KEY))
    totp.time = time.time()
    return f"{totp.token():06d}"
