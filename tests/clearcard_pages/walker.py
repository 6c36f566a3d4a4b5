"""A browser that walks the pages of clearing and looks at each: status, heading, words, width, access, silence."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect

from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll

SIZES = (DESKTOP, PHONE)
# Everything else on a page is Chinese: kinds of files, units, and numbers that begin with letters.
LATIN = frozenset({"PDF", "JPG", "PNG", "MB", "png", "jpg", "pdf"})
_CODES = re.compile(r"\b(?:QK|QKPZ|SB)\d+\b|\b[0-9A-Z]{18}\b|\b[0-9a-f]{64}\b")
_WORDS = re.compile(r"[A-Za-z]{2,}")
_SPOKEN = """() => {
  const named = [...document.querySelectorAll("[aria-label],[alt],[title],[placeholder]")];
  const names = named.map((each) => ["aria-label", "alt", "title", "placeholder"].map((key) => each.getAttribute(key)));
  return [document.title, document.body.innerText, ...names.flat()].filter(Boolean).join("\\n");
}"""

_WIPE = """() => document.querySelectorAll('[style=""]').forEach((each) => each.removeAttribute("style"))"""


class Walker:
    """One page of one browser, with what it said on the console and whom it asked."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.said: list[str] = []
        self.strangers: list[str] = []
        self.status = 0
        self.secrets: list[str] = []
        self._marks = itertools.count()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", self._watch)
        page.on("response", self._note)

    def go(self, path: str) -> None:
        """Open an address of the hall."""
        self.page.goto(f"{self.url}{path}")

    def press(self, name: str) -> None:
        """Press the button."""
        self.page.get_by_role("button", name=name).click()

    def follow(self, name: str) -> None:
        """Follow the link."""
        self.page.get_by_role("link", name=name).first.click()

    def look(self, name: str, heading: str, *, status: int = 200) -> None:
        """Check everything a page must be, wide and narrow; keep a picture where HALL_PICTURES says."""
        expect(self.page.locator("h1")).to_have_text(heading)
        assert self.status == status, f"{name} answered {self.status}"
        self.require_silence(status)
        for size in SIZES:
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            if folder := os.environ.get("HALL_PICTURES"):
                self.page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
            assert_no_side_scroll(self.page)
            assert not self.foreign_words(), f"{name}: {self.foreign_words()}"
            assert_accessible(self.page)
        # The checker draws with inline styles, which the policy refuses and the console tells; what it leaves
        # empty behind would be copied to the next content of the page, and be told again.
        self.page.evaluate(_WIPE)
        self.hear_out()
        self.said.clear()

    def require_silence(self, *statuses: int) -> None:
        """Expect no error, no refused style or script and no other host, but for the answer that was asked for."""
        self.hear_out()
        told = [text for text in self.said if not any(f"status of {each} " in text for each in statuses)]
        assert not told, told
        assert not self.strangers, self.strangers

    def hear_out(self) -> None:
        """Wait until everything that the page has said so far has arrived; messages come in their order."""
        mark = f"heard {next(self._marks)}"
        with self.page.expect_console_message(lambda message: message.text == mark):
            self.page.evaluate("mark => console.debug(mark)", mark)

    def foreign_words(self) -> set[str]:
        """Return the words on screen, and those only spoken, that are not Chinese and not on the list."""
        text = str(self.page.evaluate(_SPOKEN))
        for secret in self.secrets:
            text = text.replace(secret, "")
        return set(_WORDS.findall(_CODES.sub("", text))) - LATIN

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(message.text)

    def _watch(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", "localhost"):
            self.strangers.append(request.url)

    def _note(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.status = response.status
