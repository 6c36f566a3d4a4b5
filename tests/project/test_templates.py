"""Templates keep to the content security policy and to this machine."""

from __future__ import annotations

import re

import pytest
from django.template import engines

from tests.project.sources import ROOT, templates

HTML = [file for file in templates() if file.suffix in (".html", ".svg")]
INLINE = {
    "a style attribute": re.compile(r"<[a-zA-Z][^>]*\sstyle\s*=", re.DOTALL),
    "an event attribute": re.compile(r"<[a-zA-Z][^>]*\son[a-z]+\s*=", re.DOTALL),
    "a script without src": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "a style element": re.compile(r"<style[\s>]", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "mark_safe by |safe": re.compile(r"\|\s*safe\b"),
}
HOST = re.compile(r"(?:https?:)?//(?!127\.0\.0\.1|localhost)[a-z0-9][a-z0-9.-]*\.[a-z]{2,}", re.IGNORECASE)
# Names, not places that anything is fetched from.
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")
# Documents are drawn by our own PDF engine on the server; no browser applies a policy to them.
PRINTED = ROOT / "templates" / "documents"


@pytest.mark.parametrize("file", HTML, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_inline(file: object) -> None:
    if PRINTED in file.parents:  # type: ignore[attr-defined]
        return
    text = file.read_text()  # type: ignore[attr-defined]
    text = re.sub(r"\{%\s*comment.*?endcomment\s*%\}", "", text, flags=re.DOTALL)
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("file", [*templates(), *sorted((ROOT / "static").rglob("*.[cj]s*"))], ids=str)
def test_no_other_host_is_named(file: object) -> None:
    text = file.read_text()  # type: ignore[attr-defined]
    for each in NAMESPACES:
        text = text.replace(each, "")
    assert HOST.findall(text) == []


@pytest.mark.parametrize("file", HTML, ids=lambda file: str(file.relative_to(ROOT)))
def test_it_compiles(file: object) -> None:
    engines["django"].get_template(str(file.relative_to(ROOT / "templates")))  # type: ignore[attr-defined]


SCROLLING = re.compile(r'<div class="table-wrap[^"]*"([^>]*)>(\{% include "components/scroll_hint.html" %\})?')


@pytest.mark.parametrize("file", HTML, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_table_that_may_scroll_is_reached_by_keyboard_has_a_name_and_says_that_it_goes_on(file: object) -> None:
    text = file.read_text()  # type: ignore[attr-defined]
    assert text.count('class="table-wrap') == len(SCROLLING.findall(text))
    for attributes, hint in SCROLLING.findall(text):
        assert 'tabindex="0"' in attributes
        assert 'role="region"' in attributes
        assert "aria-label" in attributes
        assert hint
