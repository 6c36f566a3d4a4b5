"""What the database itself refuses, whatever the code says."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from clearcard.choices import CaseAction, CaseStatus, ClearKind, Lane
from clearcard.models import CaseTransition, ClearCardCase
from tests.factories.accounts import OfficerFactory, UserFactory
from tests.factories.clearcard import ClearCardCaseFactory

pytestmark = pytest.mark.django_db


def refuse(case: ClearCardCase, constraint: str, **changes: object) -> None:
    """Expect the named constraint to refuse an update past the model."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ClearCardCase.objects.filter(pk=case.pk).update(**changes)


def test_one_open_case_per_disk_and_period() -> None:
    case = ClearCardCaseFactory()
    with pytest.raises(IntegrityError, match="one_open_per_period"), transaction.atomic():
        ClearCardCaseFactory(device=case.device)


def test_a_rejected_case_leaves_room_for_another() -> None:
    case = ClearCardCaseFactory(status=CaseStatus.REJECTED)
    assert ClearCardCaseFactory(device=case.device).pk


def test_a_cleared_case_leaves_none() -> None:
    case = ClearCardCaseFactory(status=CaseStatus.CLEARED)
    with pytest.raises(IntegrityError, match="one_open_per_period"), transaction.atomic():
        ClearCardCaseFactory(device=case.device)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        (("first_reviewer", "submitted_by"), "submitter_not_reviewer"),
        (("approver", "submitted_by"), "submitter_not_approver"),
    ],
)
def test_the_submitter_cannot_decide(changes: tuple[str, str], constraint: str) -> None:
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING)
    refuse(case, constraint, **{changes[0]: getattr(case, changes[1])})


def test_two_accounts_of_one_person_are_one_person() -> None:
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING)
    twin = OfficerFactory(person=case.submitter_person)
    refuse(case, "submitter_person_not_approver", approver=twin, approver_person=twin.person)


def test_first_reviewer_and_approver_differ() -> None:
    officer = OfficerFactory()
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING, first_reviewer=officer)
    refuse(case, "reviewer_not_approver", approver=officer)


def test_no_approval_without_the_digest() -> None:
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING)
    refuse(case, "decided_over_digest", status=CaseStatus.APPROVED, approver=OfficerFactory())


def test_no_approval_in_the_officers_lane_without_an_officer() -> None:
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING)
    refuse(case, "decided_over_digest", status=CaseStatus.APPROVED, approved_digest=case.snapshot_digest)


def test_a_special_clear_needs_two_officers() -> None:
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING, kind=ClearKind.SPECIAL)
    changes = {"status": CaseStatus.APPROVED, "approved_digest": case.snapshot_digest, "approver": OfficerFactory()}
    refuse(case, "special_has_two_officers", **changes)


def test_nothing_is_cleared_without_proof() -> None:
    case = ClearCardCaseFactory(status=CaseStatus.SENDING, lane=Lane.GREEN)
    refuse(case, "cleared_has_proof", status=CaseStatus.CLEARED)


def test_no_submission_without_content() -> None:
    case = ClearCardCaseFactory()
    refuse(case, "submission_complete", status=CaseStatus.SUBMITTED, submitted_by=UserFactory())


def test_history_is_written_once() -> None:
    case = ClearCardCaseFactory()
    row = {"case": case, "source": "draft", "target": "withdrawn", "action": CaseAction.WITHDRAW}
    kept = CaseTransition.objects.create(sequence=1, **row)
    with pytest.raises(TypeError):
        kept.delete()
    for statement in ("UPDATE clearcard_casetransition SET note = 'x'", "DELETE FROM clearcard_casetransition"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError, match="numbered_per_case"), transaction.atomic():
        CaseTransition.objects.create(sequence=1, **row)
