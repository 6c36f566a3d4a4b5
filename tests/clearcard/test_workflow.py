"""The transition table: every state with every action, the trigger and the drawing."""

from __future__ import annotations

import importlib

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from clearcard import workflow
from clearcard.choices import CaseAction, CaseStatus
from clearcard.errors import TransitionNotAllowedError
from tests.factories.clearcard import ClearCardCaseFactory, raw_status

# Written by hand from the design, so that an edit of the table must be meant.
EXPECTED = {
    ("draft", "submit"): "submitted",
    ("returned", "submit"): "submitted",
    ("draft", "withdraw"): "withdrawn",
    ("submitted", "withdraw"): "withdrawn",
    ("reviewing", "withdraw"): "withdrawn",
    ("returned", "withdraw"): "withdrawn",
    ("submitted", "start_review"): "reviewing",
    ("reviewing", "approve"): "approved",
    ("reviewing", "return"): "returned",
    ("reviewing", "reject"): "rejected",
    ("approved", "review_again"): "reviewing",
    ("commanded", "review_again"): "reviewing",
    ("approved", "command"): "commanded",
    ("commanded", "send"): "sending",
    ("sending", "refuse"): "refused",
    ("refused", "retry"): "commanded",
    ("sending", "doubt"): "in_doubt",
    ("in_doubt", "resend"): "commanded",
    ("manual", "resend"): "commanded",
    ("in_doubt", "escalate"): "manual",
    ("sending", "clear"): "cleared",
    ("in_doubt", "clear"): "cleared",
    ("manual", "clear"): "cleared",
    ("refused", "clear"): "cleared",
}


@pytest.mark.parametrize("status", CaseStatus.values)
@pytest.mark.parametrize("action", CaseAction.values)
def test_every_state_with_every_action(status: str, action: str) -> None:
    expected = EXPECTED.get((status, action))
    if expected is None:
        assert action not in workflow.available_actions(status)
        with pytest.raises(TransitionNotAllowedError) as caught:
            workflow.next_status(status, action)
        assert str(CaseStatus(status).label) in str(caught.value.message)
    else:
        assert action in workflow.available_actions(status)
        assert workflow.next_status(status, action) == expected


def test_final_states_have_no_way_on() -> None:
    assert not any(workflow.available_actions(each) for each in ("cleared", "rejected", "withdrawn"))


def test_the_database_holds_the_same_pairs() -> None:
    migration = importlib.import_module("clearcard.migrations.0008_book_receipts_of_refused_clears")
    assert tuple(sorted(migration.PAIRS)) == workflow.status_pairs()


@pytest.mark.django_db
def test_raw_sql_cannot_jump() -> None:
    case = ClearCardCaseFactory()
    allowed = {target for source, target in workflow.status_pairs() if source == "draft"}
    for status in set(CaseStatus.values) - allowed - {"draft"}:
        with pytest.raises(IntegrityError), transaction.atomic():
            raw_status(case, status)
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM clearcard_clearcardcase WHERE id = %s", [case.pk])
        assert cursor.fetchone() == ("draft",)


def test_the_drawing_in_the_docs_is_current() -> None:
    call_command("workflow_diagram", "--check")
