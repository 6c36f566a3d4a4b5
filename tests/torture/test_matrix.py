"""The matrix of the torture: nothing is left out, nothing is named that is not there."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.core.management.base import CommandError

from clearcard.rules import course
from taxhall.torture import backstage, matrix, places, show, solos, verdict
from taxhall.torture.matrix import Case
from taxhall.torture.verdict import Verdict
from tests.project.sources import ROOT

ROOM = show.PCSC_READERS - show.SPARE_READERS
# Places of the import of a file: no disk takes part in it.
OTHER_ACTS = {"import.batch", "import.check", "import.undo", "hook.post.before", "hook.post.after"}
APPS = ("accounts", "clearcard", "devices", "filing", "invoicing", "taxhall")
REACHED = re.compile(r'(?:failpoints\.|_)reach\(f?"([a-z_.{}]+)"')


def named_in_sources() -> set[str]:
    """Return every place that the hall's own code passes; a name made from a step stands for all steps."""
    found: set[str] = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            found |= set(REACHED.findall(path.read_text()))
    return found


def test_a_case_whose_place_nobody_reached_is_led_again_and_harm_never_is() -> None:
    tally = show.Tally("memory", seed=0, lease_seconds=8, planned=1)
    case = matrix.all_cases()[0]
    missed, harmed = Verdict(), Verdict()
    for found in (missed, harmed):
        found.add(verdict.UNFINISHED, verdict.NOT_REACHED, when=True)
    harmed.add(verdict.DOUBLE, "two receipts", when=True)
    assert not tally.leads_again(case, harmed)
    assert not tally.leads_again(case, Verdict())
    assert [tally.leads_again(case, missed) for _ in range(3)] == [True, True, False]
    tally.add(case, missed)
    assert (tally.unfinished, len(tally.led_again), tally.is_clean) == (1, 2, False)


def test_every_case_has_a_name_of_its_own() -> None:
    names = Counter(case.name for case in matrix.all_cases())
    assert [name for name, count in names.items() if count > 1] == []


def test_every_step_of_the_clear_is_struck_before_and_after() -> None:
    struck = {place.name for place in places.PLACES}
    for step in course.STEPS:
        name = course.name_of(step)
        assert {f"clear.{name}.before", f"clear.{name}.after"} <= struck


def test_every_place_in_the_sources_is_struck() -> None:
    struck = {place.name for place in places.PLACES}
    for name in named_in_sources() - OTHER_ACTS:
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", r"\\w+", re.escape(name)))
        assert any(pattern.fullmatch(each) for each in struck), name


def test_every_place_meets_every_blow() -> None:
    met = {(case.place, case.blow) for case in matrix.strikes()}
    for place in places.PLACES:
        for blow in matrix.BLOWS:
            is_idle = blow.target == backstage.WEB and not place.needs_web
            assert ((place, blow) in met) is not is_idle


def test_every_process_is_killed_and_stopped() -> None:
    for target in backstage.TARGETS:
        assert {blow.how for blow in matrix.BLOWS if blow.target == target} == {matrix.KILL, matrix.STOP}


def test_every_fault_of_a_disk_befalls_both_acts() -> None:
    met = {(case.act, case.fault) for case in matrix.disk_faults()}
    assert met == {(act, fault) for act in (places.CLEAR, places.ISSUE) for fault in matrix.FAULTS}


def test_every_case_for_the_whole_stage_has_a_script() -> None:
    assert sorted(solos.NAMES) == sorted(matrix.SOLOS)


def test_the_short_part_has_every_column_and_is_told_by_its_seed() -> None:
    cases = matrix.all_cases()
    chosen = matrix.short_selection(cases, 3)
    assert {case.column for case in cases if not case.solo} == {case.column for case in chosen if not case.solo}
    assert sum(1 for case in chosen if case.solo) == 1
    assert chosen == matrix.short_selection(cases, 3)
    assert chosen != matrix.short_selection(cases, 4)


def in_order(parts: list[list[Case]]) -> list[str]:
    """Return the names of all cases in the waves, sorted."""
    return sorted(case.name for part in parts for case in part)


def test_no_case_is_lost_between_the_waves() -> None:
    cases = matrix.all_cases()
    for is_mixed in (False, True):
        assert in_order(show.waves(cases, ROOM, is_mixed=is_mixed)) == sorted(case.name for case in cases)


def test_a_wave_has_room_for_its_disks_and_few_in_the_web_process() -> None:
    for wave in show.waves(matrix.all_cases(), ROOM):
        assert len(wave) <= ROOM
        assert sum(1 for case in wave if case.place is not None and case.place.needs_web) <= show.WEB_LANES
        assert len({case.blow for case in wave}) == 1


def test_too_few_readers_to_play_in_are_told() -> None:
    with pytest.raises(ValueError, match="too few"):
        show.waves(matrix.all_cases(), 1)


def test_the_first_wave_waits_for_every_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter([None, {"transport": "memory", "readers": ["a"]}, {"transport": "memory", "readers": ["a", "b"]}])
    monkeypatch.setattr("devices.services.card_host_state", lambda: next(told))
    assert show.found_readers(2, seconds=5) == "memory"


def test_readers_that_never_come_end_the_run_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.services.card_host_state", lambda: {"transport": "pcsc", "readers": ["a"]})
    with pytest.raises(CommandError, match="1 of 16"):
        show.found_readers(16, seconds=0)
