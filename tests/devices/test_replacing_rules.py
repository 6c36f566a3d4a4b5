"""What of an old disk is settled, done first or given to a person; nothing is guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.rules.replacing import Carry, OldDisk, carry_over, must_do_first, needs_person

CLEAN = OldDisk(
    is_read_now=True,
    is_period_over=False,
    is_reported=False,
    signed_since_report=0,
    not_uploaded=0,
    blank_invoices=0,
    unsettled_commands=0,
)


def outcome(old: OldDisk) -> dict[str, Carry]:
    return {item.name: item.carry for item in carry_over(old)}


def test_a_disk_with_nothing_open_is_settled() -> None:
    assert set(outcome(CLEAN).values()) == {Carry.SETTLED}
    assert not needs_person(carry_over(CLEAN))
    assert not must_do_first(carry_over(CLEAN))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("period", {"is_period_over": True}),
        ("period", {"is_reported": True}),
        ("uploads", {"not_uploaded": 1}),
        ("stock", {"blank_invoices": 3}),
    ],
)
def test_what_a_disk_that_answers_can_still_do_is_done_on_it_first(name: str, change: dict[str, int]) -> None:
    items = carry_over(replace(CLEAN, **change))
    assert [item.name for item in items if item.carry is Carry.FIRST] == [name]
    assert must_do_first(items)


def test_invoices_of_a_month_that_still_runs_go_to_a_person() -> None:
    items = carry_over(replace(CLEAN, signed_since_report=2))
    assert outcome(replace(CLEAN, signed_since_report=2))["period"] is Carry.PERSON
    assert needs_person(items)
    over = replace(CLEAN, signed_since_report=2, is_period_over=True)
    assert outcome(over)["period"] is Carry.FIRST, "once the month is over the disk itself is reported and cleared"


def test_a_command_without_an_answer_goes_to_a_person() -> None:
    assert outcome(replace(CLEAN, unsettled_commands=1))["commands"] is Carry.PERSON


def test_of_a_disk_that_does_not_answer_everything_goes_to_a_person() -> None:
    silent = replace(CLEAN, is_read_now=False)
    assert set(outcome(silent).values()) == {Carry.PERSON}
    assert needs_person(carry_over(silent))
    assert not must_do_first(carry_over(silent))
