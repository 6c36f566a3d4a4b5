"""When an invoice may be voided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from invoicing.rules import VoidFacts, void_conditions

FACTS = VoidFacts(
    state="issued", kind="004", dated_on=date(2026, 11, 1), today=date(2026, 11, 30), is_period_reported=False
)


def unmet(facts: VoidFacts) -> set[str]:
    return {condition.code for condition in void_conditions(facts) if not condition.is_met}


@pytest.mark.parametrize("kind", ["004", "007", "025", "005"])
def test_a_paper_invoice_of_this_month_may_be_voided(kind: str) -> None:
    assert unmet(replace(FACTS, kind=kind)) == set()


@pytest.mark.parametrize("kind", ["026", "028"])
def test_an_electronic_invoice_may_not(kind: str) -> None:
    assert unmet(replace(FACTS, kind=kind)) == {"void.electronic"}


def test_not_in_another_month() -> None:
    assert unmet(replace(FACTS, today=date(2026, 12, 1))) == {"void.other_month"}
    assert unmet(replace(FACTS, dated_on=date(2025, 11, 30))) == {"void.other_month"}


def test_not_once_reported() -> None:
    assert unmet(replace(FACTS, is_period_reported=True)) == {"void.reported"}


@pytest.mark.parametrize("state", ["draft", "issuing", "voiding", "voided", "in_doubt"])
def test_only_a_valid_one(state: str) -> None:
    assert unmet(replace(FACTS, state=state)) == {"void.not_issued"}


def test_every_condition_says_what_was_found() -> None:
    assert all(str(condition.title) and str(condition.found) for condition in void_conditions(FACTS))
