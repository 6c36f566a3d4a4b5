"""Every code by which the hall refuses something has an entry in the help centre, and none of a code that is gone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from devices.messages import all_advice
from taxhall.help.code_words import CODE_WORDS
from taxhall.help.codes import FAULT_OF
from taxhall.help.topic_codes import TOPIC_CODES, TOPIC_OF
from taxhall.help.topics import BY_SLUG
from tests.project.sources import APPLICATIONS, ROOT

STABLE = re.compile(r"[a-z]+\.[a-z0-9_]+")
# Halls for show, and what measures and tears: nobody's screen says their words.
TOOLS = ("bench", "demo", "embedded", "help", "management", "simulation", "torture")


def sources() -> Iterator[Path]:
    for name in (*APPLICATIONS, "taxhall"):
        for file in sorted((ROOT / name).rglob("*.py")):
            parts = file.relative_to(ROOT).parts
            if "migrations" not in parts and not (parts[0] == "taxhall" and parts[1] in TOOLS):
                yield file


@cache
def codes() -> dict[str, str]:
    """Return every code that an error or an advice carries, with a file that says it."""
    found = {entry.code: "devices/messages" for entry in all_advice()}
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text())):
            for value in said(node):
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and STABLE.fullmatch(value.value):
                    found.setdefault(value.value, str(file.relative_to(ROOT)))
    return found


def texts() -> set[str]:
    """Return every text that stands in the sources; some codes are chosen among several before they are told."""
    trees = (ast.parse(file.read_text()) for file in sources())
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def said(node: ast.AST) -> Iterator[ast.expr | None]:
    """Yield what a piece of source gives as a code: `code = "…"`, `code="…"`, and what an error is made with."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(each, ast.Name) and each.id == "code" for each in targets):
            yield node.value
    if isinstance(node, ast.Call):
        yield from (each.value for each in node.keywords if each.arg == "code")
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name.endswith("Error"):
            yield from node.args[:1]


def test_the_codes_are_found() -> None:
    assert {"hook.too_many", "filing.bundle_refused", "disk.not_checked", "request.same_disk", "import.bomb"} <= set(
        codes()
    )


def test_every_code_has_an_entry() -> None:
    assert {code: file for code, file in codes().items() if code not in FAULT_OF and code not in TOPIC_OF} == {}


def test_no_code_has_two_entries_and_none_is_gone() -> None:
    listed = [code for group in TOPIC_CODES.values() for code in group]
    assert len(listed) == len(set(listed)) == len(TOPIC_OF)
    assert set(TOPIC_OF) & set(FAULT_OF) == set()
    assert set(TOPIC_OF) - texts() == set()
    assert set(TOPIC_CODES) <= set(BY_SLUG)


def test_codes_that_no_page_leads_from_are_told_in_words() -> None:
    """Another system, or an operator at a terminal, sees the code alone."""
    assert set(TOPIC_CODES["interfaces"]) <= set(CODE_WORDS)
    assert set(CODE_WORDS) - set(TOPIC_OF) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("slug", TOPIC_CODES)
def test_the_topic_shows_its_codes(client: Client, slug: str) -> None:
    text = client.get(reverse("help-topic", args=[slug])).content.decode()
    words = {entry.code: str(entry.message) for entry in all_advice()} | {
        code: str(each) for code, each in CODE_WORDS.items()
    }
    for code in TOPIC_CODES[slug]:
        assert f'<span class="code">{code}</span>' in text
        assert words.get(code, "") in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "slug"),
    [("disk.stock_left", "device-manager"), (" HOOK.too_many ", "interfaces"), ("disk.locked", "f10"), ("f14", "f14")],
)
def test_a_code_leads_to_its_entry(client: Client, code: str, slug: str) -> None:
    answer = client.get(reverse("help"), {"code": code})
    assert (answer.status_code, answer["Location"]) == (302, reverse("help-topic", args=[slug]))


@pytest.mark.django_db
def test_an_unknown_code_is_told_and_kept_in_the_form(client: Client) -> None:
    answer = client.get(reverse("help"), {"code": 'no."such'})
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "没有这个代码" in text
    assert 'value="no.&quot;such"' in text
