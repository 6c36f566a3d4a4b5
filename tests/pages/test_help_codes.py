"""Every failure code F01 to F23 is told by stable service codes that exist, and each of those leads to one of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

import clearcard.errors
from clearcard.rules import preparation, review
from devices.messages import advice, all_advice
from devices.protocol.status_words import MEANINGS
from taxhall.help.codes import CODES, FAULT_OF
from taxhall.help.faults import FAULTS

_SOURCE = Path(preparation.__file__).read_text(encoding="utf-8")
KNOWN = {
    "disk": {entry.code for entry in all_advice()},
    "case": {error.code for error in vars(clearcard.errors).values() if hasattr(error, "code")},
    "check": {f"check.{code}" for code in re.findall(r'code="([a-z_]+)"', _SOURCE)},
    "review": {f"review.{rule.__name__}" for rule in review.RULES},
}


def test_none_is_missing() -> None:
    assert list(CODES) == [fault.code for fault in FAULTS] == [f"F{number:02d}" for number in range(1, 24)]
    assert all(CODES.values())


def test_a_code_leads_to_one_failure_alone() -> None:
    assert len(FAULT_OF) == sum(map(len, CODES.values()))


@pytest.mark.parametrize("code", FAULT_OF)
def test_every_code_is_one_that_services_tell(code: str) -> None:
    kind = code.split(".", maxsplit=1)[0]
    assert ".".join(code.split(".")[:2]) in KNOWN[kind]


def test_the_words_of_a_disk_name_the_same_failure() -> None:
    told = {entry.code: entry.reference for entry in all_advice() if entry.reference}
    assert told == {code: fault for code, fault in FAULT_OF.items() if code.startswith("disk.")}


def test_the_status_words_of_a_disk_name_the_same_failure() -> None:
    reasons = {(meaning.code, meaning.reason) for meaning in MEANINGS.values() if meaning.reason}
    assert [item for item in reasons if advice(item[0]).reference != item[1]] == []


def test_the_checks_before_applying_name_the_same_failure() -> None:
    named = re.findall(r'code="([a-z_]+)"(?:(?!code=").)*?help_code=([^\n]*)', _SOURCE, re.S)
    for code, words in named:
        faults = set(re.findall(r"F\d\d", words))
        assert faults == {fault for name, fault in FAULT_OF.items() if name.split(".")[:2] == ["check", code]}, code


@pytest.mark.django_db
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.code)
def test_the_page_of_a_failure_names_its_codes(client: Client, fault) -> None:
    text = client.get(reverse("help-topic", args=[fault.slug])).content.decode()
    assert all(f'<span class="code">{code}</span>' in text for code in CODES[fault.code])
