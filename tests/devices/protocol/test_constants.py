"""The pure constants of the protocol say the same as the choices of the hall."""

from __future__ import annotations

import re
from pathlib import Path

from devices import choices, messages
from devices.protocol import constants, profiles, status_words, vocabulary
from devices.protocol.status_words import MEANINGS, SW
from taxhall.common.rates import TaxRate

PURE = ("protocol", "virtual", "gateway", "signer")


def test_kinds_groups_and_totals_agree_with_the_choices() -> None:
    assert constants.KIND_GROUPS == choices.TYPE_GROUPS
    assert set(constants.GROUP_OF_KIND) == {kind for kind, _label in choices.DISK_KINDS}
    assert tuple(choices.DeviceKind.values) == constants.DISK_KINDS
    assert tuple(choices.Algorithm.values) == profiles.NAMES
    assert tuple(choices.TotalKind.values) == constants.TOTAL_KINDS
    assert tuple(TaxRate.values) == constants.RATES


def test_every_data_element_has_a_tag_of_its_own() -> None:
    elements = [
        mark
        for value in vars(vocabulary).values()
        for mark in getattr(value, "__metadata__", ())
        if isinstance(mark, vocabulary.Element)
    ]
    tags = [element.tag for element in elements]
    assert len(tags) == len(set(tags))


def test_every_refusal_has_a_meaning_and_words_for_people() -> None:
    refusals = set(SW) - {SW.OK, SW.ALREADY_DONE}
    assert set(MEANINGS) == refusals
    for meaning in MEANINGS.values():
        assert re.fullmatch(r"disk\.[a-z_]+", meaning.code)
        assert str(messages.advice(meaning.code).message)


def test_status_words_carry_the_tries_left() -> None:
    assert status_words.tries_left(0x63C7) == 7
    assert status_words.tries_left(SW.PIN_BLOCKED) == 0
    assert status_words.tries_left(SW.LOCKED) is None
    assert status_words.meaning_of(0x63C3) is MEANINGS[SW.PIN_WRONG]
    assert status_words.meaning_of(0x6123) is None


def test_no_django_in_the_packages_that_a_card_or_a_pc_agent_needs() -> None:
    root = Path(constants.__file__).parent.parent
    for package in PURE:
        for path in (root / package).rglob("*.py"):
            assert not re.search(r"^\s*(from|import) django", path.read_text(), re.M), path
