"""The doorbell rings after commit, and a dead broker never turns a committed change into an error."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from taxhall.common import doorbell


class Task:
    """Stands for a Celery task."""

    name = "clearcard.review_case"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.rung: list[list[str]] = []

    def apply_async(self, *, args: list[str], retry: bool) -> None:
        """Note the call, or fail as a broker does."""
        assert retry is False
        if self.error:
            raise self.error
        self.rung.append(args)


@pytest.mark.django_db
def test_it_rings_once_the_change_is_committed(django_capture_on_commit_callbacks: Any) -> None:
    task = Task()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        doorbell.ring_on_commit(task, 7)
        assert task.rung == []
    assert task.rung == [["7"]]


@pytest.mark.django_db
def test_it_stays_silent_when_the_change_is_undone(django_capture_on_commit_callbacks: Any) -> None:
    task = Task()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic(), transaction.atomic():
        doorbell.ring_on_commit(task, 7)
        transaction.set_rollback(True)
    assert task.rung == []


@pytest.mark.parametrize("error", [OperationalError("gone"), ConnectionRefusedError(), TimeoutError()])
def test_a_dead_broker_is_logged_and_left_to_the_sweeper(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    doorbell.ring(Task(error), 7)
    assert "doorbell not rung: clearcard.review_case" in caplog.text


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(TypeError):
        doorbell.ring(Task(TypeError()), 7)


def test_a_muffled_bell_rings_for_nobody_and_only_for_so_long() -> None:
    task = Task()
    with doorbell.muffled():
        doorbell.ring(task, 7)
    assert task.rung == []
    doorbell.ring(task, 8)
    assert task.rung == [["8"]]
