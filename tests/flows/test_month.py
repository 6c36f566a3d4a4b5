"""A month end to end on a virtual disk: issue, report, file, pay, compare, apply, review, clear, certificate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from clearcard import selectors, services
from clearcard.choices import CaseStatus, Lane
from clearcard.models import Certificate
from devices import services as device_services
from tests.clearcard.scene import Scene
from tests.factories.accounts import OfficerFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("algorithm", ["intl", "sm"])
def test_green_lane_clears_the_disk_and_issues_a_certificate(make_scene: Callable[..., Scene], algorithm: str) -> None:
    scene = make_scene(algorithm=algorithm)
    scene.month()
    case = scene.submit(scene.prepare())
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    assert (case.status, case.lane) == (CaseStatus.APPROVED, Lane.GREEN), case.lane_reasons
    services.execute_clear(case_id=case.pk)
    case = scene.fresh(case)
    assert case.status == CaseStatus.CLEARED, (case.waiting_code, case.waiting_text, case.failure_text)
    assert selectors.status_words(case).word == "已清卡"
    reading = device_services.read_card(device=scene.device)
    certificate = Certificate.objects.get(case=case)
    scene.device.refresh_from_db()
    assert reading.status.clear_counter == 1 == scene.device.clear_counter
    lock_date = reading.status.group("A").cut_off
    assert lock_date == case.new_cut_off == scene.device.issue_allowed_until == date(2026, 12, 15)
    assert reading.last_receipt is not None
    assert reading.last_receipt.algorithm == algorithm
    assert reading.last_receipt.digest == certificate.payload["receipt_digest"]
    assert selectors.verify_certificate(certificate.verify_token).word == "有效"


def test_grade_c_goes_to_an_officer_who_approves(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(grade_c=True)
    scene.month()
    case = scene.submit(scene.prepare())
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    assert (case.status, case.lane) == (CaseStatus.REVIEWING, Lane.OFFICER)
    assert selectors.status_words(case).word == "待审核"
    officer = OfficerFactory()
    services.claim_case(actor=officer, case=case)
    services.approve_case(actor=officer, case=case, version=case.version, digest=case.snapshot_digest)
    services.execute_clear(case_id=case.pk)
    case = scene.fresh(case)
    assert (case.status, case.approver) == (CaseStatus.CLEARED, officer)
