"""Preparing, handing in, taking back and handing in again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from clearcard import selectors, services
from clearcard.choices import CaseStatus, CheckOutcome, ClearKind, Lane
from clearcard.errors import (
    CaseChangedError,
    CaseNotReadyError,
    ClearKindNotPossibleError,
    PeriodAlreadyClearedError,
    TransitionNotAllowedError,
)
from clearcard.models import CaseSubmission, ClearCardCase
from clearcard.shapes import CaseForm, ReturnedItem
from devices.models import Device
from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError, NotPermittedError
from tests.clearcard.scene import Scene
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.factories.clearcard import ClearCardCaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(scene: Scene) -> ClearCardCase:
    """Return a case with everything filled in."""
    scene.month()
    return scene.prepare()


def test_starting_twice_gives_one_case(scene: Scene) -> None:
    scene.report()
    first = services.start_case(actor=scene.user, device=scene.device)
    assert services.start_case(actor=scene.user, device=scene.device) == first
    with pytest.raises(NotPermittedError):
        services.start_case(actor=MembershipFactory(taxpayer=scene.taxpayer, issuer=True).user, device=scene.device)
    with pytest.raises(NotPermittedError):
        services.start_case(actor=MembershipFactory(finance=True).user, device=scene.device)
    with pytest.raises(NotFoundError):
        selectors.get_case(visible_to=MembershipFactory().user, number=first.number)


def test_nothing_done_says_everything_that_is_missing(scene: Scene) -> None:
    scene.issue()
    scene.freeze("2026-11-05 10:00")
    case = services.start_case(actor=scene.user, device=scene.device)
    checks = {each.code: each for each in selectors.preparation_checks(device=scene.device, actor=scene.user)}
    assert checks["reported"].outcome == CheckOutcome.ATTENTION
    assert checks["reported"].mend_url == f"/devices/{scene.device.serial}/report/"
    assert [code for code, each in checks.items() if each.stops] == ["reported", "return_filed", "tax_paid"]
    with pytest.raises(CaseNotReadyError) as caught:
        services.submit_case(actor=scene.user, case=case, key="k1", declaration=False)
    assert {"reported", "return_filed", "kind", "invoices", "fill", "material:agent_id", "declaration"} <= set(
        caught.value.fields
    )
    assert scene.fresh(case).status == CaseStatus.DRAFT


def test_types_explain_themselves(ready: ClearCardCase, scene: Scene) -> None:
    options = {each.kind: each for each in selectors.type_options(ready)}
    assert options[ClearKind.MONTHLY].is_suggested
    assert not options[ClearKind.QUARTERLY].is_possible
    assert "按月申报" in options[ClearKind.QUARTERLY].why_not
    for kind in (ClearKind.QUARTERLY, ClearKind.ANNUAL, ClearKind.SPECIAL):
        with pytest.raises(ClearKindNotPossibleError, match=options[kind].why_not[:6]):
            services.choose_type(actor=scene.user, case=ready, kind=kind, special_reason="change")


def test_the_table_agrees_and_its_digest_is_what_is_confirmed(ready: ClearCardCase, scene: Scene) -> None:
    table = selectors.three_way(ready)
    assert table.agrees
    assert {(row.kind, row.rate): row.device.amount for row in table.rows if row.device} == {
        ("004", "1"): Decimal("2000.00"),
        ("007", "1"): Decimal("1000.00"),
    }
    with pytest.raises(CaseChangedError):
        services.confirm_invoices(actor=scene.user, case=ready, digest="f" * 64)


def test_other_amounts_need_an_explanation(ready: ClearCardCase, scene: Scene) -> None:
    known = selectors.default_form(ready)
    form = CaseForm(known.invoiced_amount + 1, known.declared_amount, known.clear_on)
    with pytest.raises(InvalidInputError) as caught:
        services.fill_case(actor=scene.user, case=ready, data=form)
    assert set(caught.value.fields) == {"explanation"}


def test_one_key_one_hand_in(ready: ClearCardCase, scene: Scene) -> None:
    case = scene.submit(ready)
    assert (case.status, case.round) == (CaseStatus.SUBMITTED, 1)
    again = services.submit_case(actor=scene.user, case=ready, key=f"{case.number}-1", declaration=True)
    assert (again.version, CaseSubmission.objects.count()) == (case.version, 1)
    assert selectors.submit_key(case) == f"{case.number}-1"
    with pytest.raises(TransitionNotAllowedError):
        services.submit_case(actor=scene.user, case=case, key="another", declaration=True)
    assert selectors.stored_three_way(case).rows == selectors.three_way(case).rows


def test_a_key_of_another_case_is_refused(make_scene: Callable[..., Scene]) -> None:
    other = make_scene()
    other.issue()
    scene = make_scene()
    scene.month()
    other.report()
    other.file()
    case = scene.submit(scene.prepare())
    with pytest.raises(ConflictError) as caught:
        services.submit_case(actor=other.user, case=other.prepare(), key=f"{case.number}-1", declaration=True)
    assert caught.value.status == 422


def test_withdrawal_then_a_new_application(ready: ClearCardCase, scene: Scene) -> None:
    case = scene.submit(ready)
    withdrawn = services.withdraw_case(actor=scene.user, case=case)
    assert withdrawn.status == CaseStatus.WITHDRAWN
    assert services.withdraw_case(actor=scene.user, case=case).version == withdrawn.version
    assert services.review_case(case_id=case.pk).status == CaseStatus.WITHDRAWN
    assert services.start_case(actor=scene.user, device=scene.device).number != case.number


def test_withdrawal_is_too_late_once_approved(scene: Scene) -> None:
    case = scene.approved()
    with pytest.raises(TransitionNotAllowedError):
        services.withdraw_case(actor=scene.user, case=case)


def test_resubmission_after_return_voids_earlier_opinions(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(grade_c=True)
    scene.month()
    case = scene.submit(scene.prepare())
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    officer = OfficerFactory()
    services.return_case(
        actor=officer, case=case, version=case.version, items=[ReturnedItem("explanation", "请说明业务情况")]
    )
    case = scene.fresh(case)
    assert case.invoiced_amount == Decimal("3000.00")
    known = selectors.default_form(case)
    form = CaseForm(known.invoiced_amount, known.declared_amount, known.clear_on, "本月新开软件维护业务")
    services.fill_case(actor=scene.user, case=case, data=form)
    case = scene.submit(case)
    assert (case.round, case.lane, case.returned_items) == (2, "", [])
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    assert (case.status, case.lane) == (CaseStatus.REVIEWING, Lane.OFFICER)
    picture = selectors.review_picture(case, actor=officer)
    changed = [each for each in picture.changes if each.word != "同"]
    assert [(each.label, each.word, each.new) for each in changed] == [("情况说明", "改", "本月新开软件维护业务")]
    assert {each.round for each in picture.results} == {2}


def test_a_period_that_is_cleared_is_not_cleared_again(scene: Scene) -> None:
    case = scene.approved()
    services.execute_clear(case_id=case.pk)
    device = Device.objects.get(pk=scene.device.pk)
    following = services.start_case(actor=scene.user, device=device)
    assert following.period.code == "2026-11"
    checks = {each.code: each for each in selectors.preparation_checks(device=device, actor=scene.user)}
    assert checks["window"].stops


def test_a_cleared_period_says_so(freeze: Callable[[str], object]) -> None:
    freeze("2026-11-05 10:00")
    cleared = ClearCardCaseFactory(status=CaseStatus.CLEARED)
    clerk = MembershipFactory(taxpayer=cleared.taxpayer).user
    with pytest.raises(PeriodAlreadyClearedError, match="不需要再办"):
        services.start_case(actor=clerk, device=cleared.device)


def test_a_period_cleared_after_midnight_was_cleared_that_day(freeze: Callable[[str], object]) -> None:
    freeze("2026-11-05 00:30")
    cleared = ClearCardCaseFactory(status=CaseStatus.CLEARED)
    cleared.refresh_from_db()
    clerk = MembershipFactory(taxpayer=cleared.taxpayer).user
    with pytest.raises(PeriodAlreadyClearedError, match="2026-11-05"):
        services.start_case(actor=clerk, device=cleared.device)


def test_papers_are_reused_on_the_next_clear(scene: Scene, ready: ClearCardCase) -> None:
    case = scene.submit(ready)
    services.withdraw_case(actor=scene.user, case=case)
    again = services.start_case(actor=scene.user, device=scene.device)
    slots = selectors.material_slots(again)
    assert all(slot.is_required and slot.material is None and slot.reusable for slot in slots)
    for slot in slots:
        services.reuse_material(actor=scene.user, case=again, material=slot.reusable)
    assert selectors.missing_materials(again) == ()
