"""An approval stands on the return it was given over: voided or corrected since, nothing is sent to the disk."""

from __future__ import annotations

import pytest

from clearcard import services
from clearcard.choices import CaseAction, CaseStatus, Lane
from clearcard.models import ClearCardCase
from clearcard.rules import course
from clearcard.services.hands import Hands
from devices.choices import CommandState
from devices.errors import CommandConflictError
from devices.models import DeviceCommand
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.models import TaxReturn
from taxhall.common.errors import ConflictError
from tests.clearcard.scene import OCTOBER, Scene

pytestmark = pytest.mark.django_db


def approved_without_tax(scene: Scene) -> tuple[ClearCardCase, TaxReturn]:
    """Return a case the green lane approved over a return that owes nothing and so may still be voided."""
    scene.report()
    filed = scene.file()
    filing_services.compare_period(actor=None, taxpayer=scene.taxpayer, month=OCTOBER)
    case = scene.submit(scene.prepare())
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    assert (case.status, case.lane) == (CaseStatus.APPROVED, Lane.GREEN)
    return case, filed


def require_taken_back(scene: Scene, case: ClearCardCase, command: object) -> None:
    """Expect the case with an officer, its command cancelled and the disk as it was."""
    found = scene.fresh(case)
    assert (found.status, found.lane, found.command) == (CaseStatus.REVIEWING, Lane.OFFICER, None)
    assert "申报表" in found.lane_reasons[0]
    assert DeviceCommand.objects.get(pk=command).state == CommandState.CANCELLED
    assert scene.counter() == 0


def test_a_disk_is_not_cleared_once_the_return_it_was_approved_on_is_voided(scene: Scene) -> None:
    case, filed = approved_without_tax(scene)
    command = case.command_id
    filing_services.void_return(actor=scene.user, tax_return=filed, reason="漏报收入")
    services.execute_clear(case_id=case.pk)
    require_taken_back(scene, case, command)


def test_a_voided_return_takes_the_approval_back_at_once(
    scene: Scene, django_capture_on_commit_callbacks: pytest.FixtureRequest
) -> None:
    case, filed = approved_without_tax(scene)
    command = case.command_id
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a context manager
        filing_services.void_return(actor=scene.user, tax_return=filed, reason="漏报收入")
    require_taken_back(scene, case, command)
    assert services.take_back_approvals(taxpayer_id=scene.taxpayer.pk) == []


def test_a_corrected_return_takes_the_approval_back(scene: Scene) -> None:
    case = scene.approved()
    command = case.command_id
    filed = filing_selectors.find_return(taxpayer=scene.taxpayer, period=OCTOBER)
    assert filed is not None
    draft = filing_services.correct_return(actor=scene.user, tax_return=filed, reason="漏报收入")
    digest = filing_selectors.current_sheet(draft).digest
    filing_services.submit_return(actor=scene.user, tax_return=draft, key=str(draft.submit_key), digest=digest)
    services.execute_clear(case_id=case.pk)
    require_taken_back(scene, case, command)


def test_the_last_moment_before_the_first_byte_looks_at_the_return_again(scene: Scene) -> None:
    case, filed = approved_without_tax(scene)
    hands = Hands(case)
    hands.do(course.Claim())
    token = hands.do(course.Sign(hands.do(course.Begin())))
    filing_services.void_return(actor=scene.user, tax_return=filed, reason="漏报收入")
    with pytest.raises(CommandConflictError):
        hands.do(course.MarkSending(token))
    assert scene.fresh(case).status == CaseStatus.COMMANDED
    services.execute_clear(case_id=case.pk)
    require_taken_back(scene, case, case.command_id)


def test_a_return_is_not_voided_while_nobody_knows_whether_the_disk_was_cleared_on_it(scene: Scene) -> None:
    case, filed = approved_without_tax(scene)
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.IN_DOUBT
    with pytest.raises(ConflictError, match="清卡指令已经发送"):
        filing_services.void_return(actor=scene.user, tax_return=filed, reason="漏报收入")


def test_a_return_that_stands_changes_nothing(scene: Scene) -> None:
    case = scene.approved()
    assert services.take_back_approvals(taxpayer_id=scene.taxpayer.pk) == []
    services.execute_clear(case_id=case.pk)
    found = scene.fresh(case)
    assert found.status == CaseStatus.CLEARED
    assert CaseAction.REVIEW_AGAIN not in {each.action for each in found.transitions.all()}
