"""The clear under one seed: honest code survives every schedule, and no planted bug survives many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from taxhall.simulation import runner
from taxhall.simulation.disks import Stock
from tests.simulation import planted

HONEST_SCHEDULES = 250
# No bug may survive so many schedules; most are found within ten.
PLANTED_SCHEDULES = 1500


@pytest.fixture(scope="module")
def workshop() -> Iterator[tuple[Stock, Path]]:
    """Return one stock of disks for all tests of this worker."""
    with runner.workshop() as made:
        yield made


def first_problem(workshop: tuple[Stock, Path], schedules: int) -> runner.Result | None:
    """Run schedules up to the first with a problem."""
    for seed in range(schedules):
        result = runner.run_schedule(seed, *workshop)
        if result.problems:
            return result
    return None


def test_honest_code_survives(workshop: tuple[Stock, Path]) -> None:
    found = first_problem(workshop, HONEST_SCHEDULES)
    assert found is None, (found.seed, found.problems)


def test_one_seed_is_one_history(workshop: tuple[Stock, Path]) -> None:
    once, again, other = (runner.run_schedule(seed, *workshop) for seed in (7, 7, 8))
    assert once == again
    assert once.digest != other.digest


@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", planted.BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(
    workshop: tuple[Stock, Path], monkeypatch: pytest.MonkeyPatch, bug: planted.Bug
) -> None:
    bug(monkeypatch)
    found = first_problem(workshop, PLANTED_SCHEDULES)
    assert found is not None, f"survived {PLANTED_SCHEDULES} schedules"
    assert runner.run_schedule(found.seed, *workshop).problems == found.problems, "the seed tells it again"


def test_a_schedule_can_be_seen_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("simulate", "--trace", "--seed", "5")
    assert "problems=0" in capsys.readouterr().out
    planted.move_the_lock_date_back(monkeypatch)
    with pytest.raises(CommandError, match="simulate --trace --seed 0"):
        call_command("simulate", "--trace", "--seed", "0")


def test_all_processors_run_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("simulate", "--schedules", "3", "--jobs", "2")
    assert "SIMULATED seeds=0.. schedules=3 problems=0" in capsys.readouterr().out
