"""The automatic review: every rule kept, the green lane only when all agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from clearcard import services
from clearcard.choices import CaseStatus, Lane, ReviewOutcome
from clearcard.models import ReviewResult
from clearcard.rules import review as rules
from clearcard.shapes import ReviewFacts
from filing.models import ComparisonRun
from tests.clearcard.scene import Scene
from tests.factories.filing import ComparisonRunFactory

FINE = ReviewFacts(
    kind="monthly",
    period_label="2026 年 10 月",
    credit_grade="A",
    taxpayer_status="normal",
    explanation="",
    is_overdue=False,
    has_report=True,
    table_agrees=True,
    differences=(),
    digest_unchanged=True,
    return_due=True,
    return_found=True,
    return_settled=True,
    return_label="已申报",
    comparison_found=True,
    comparison_agrees=True,
    comparison_blocking=False,
    comparison_words="比对相符",
    unfinished_invoices=0,
    device_active=True,
    taxpayer_matches=True,
    missing_materials=(),
)


def test_all_fine_is_green() -> None:
    assert rules.is_green(rules.run_review(FINE))


@pytest.mark.parametrize(
    ("change", "code", "outcome"),
    [
        ({"credit_grade": "M"}, "grade_allows", ReviewOutcome.NEEDS_PERSON),
        ({"credit_grade": "C"}, "grade_allows", ReviewOutcome.NEEDS_PERSON),
        ({"taxpayer_status": "abnormal"}, "taxpayer_in_order", ReviewOutcome.NEEDS_PERSON),
        ({"kind": "special"}, "kind_allows", ReviewOutcome.NEEDS_PERSON),
        ({"is_overdue": True}, "in_time", ReviewOutcome.NEEDS_PERSON),
        ({"explanation": "有差异"}, "nothing_to_explain", ReviewOutcome.NEEDS_PERSON),
        ({"digest_unchanged": False}, "content_unchanged", ReviewOutcome.NEEDS_PERSON),
        ({"has_report": False}, "report_present", ReviewOutcome.FAIL),
        ({"table_agrees": False, "differences": ("普票 1%",)}, "tables_agree", ReviewOutcome.FAIL),
        ({"return_found": False}, "return_filed", ReviewOutcome.FAIL),
        ({"return_settled": False}, "tax_paid", ReviewOutcome.FAIL),
        ({"comparison_agrees": False}, "comparison_passed", ReviewOutcome.FAIL),
        ({"comparison_found": False}, "comparison_passed", ReviewOutcome.FAIL),
        ({"unfinished_invoices": 2}, "invoices_settled", ReviewOutcome.FAIL),
        ({"device_active": False}, "identity_matches", ReviewOutcome.FAIL),
        ({"taxpayer_matches": False}, "identity_matches", ReviewOutcome.FAIL),
        ({"missing_materials": ("营业执照",)}, "materials_complete", ReviewOutcome.FAIL),
    ],
)
def test_each_rule_closes_the_green_lane(change: dict[str, object], code: str, outcome: ReviewOutcome) -> None:
    findings = rules.run_review(replace(FINE, **change))
    bad = [each for each in findings if each.outcome != ReviewOutcome.PASS]
    assert [(each.rule_code, each.outcome) for each in bad] == [(code, outcome)]
    assert rules.reasons_in_words(findings)[0].startswith(bad[0].title)


def test_a_quarterly_filers_month_needs_no_return() -> None:
    facts = replace(FINE, return_due=False, return_found=False, return_settled=False, comparison_found=False)
    assert rules.is_green(rules.run_review(facts))


@pytest.mark.django_db
def test_every_result_is_kept_and_a_repeat_adds_none(scene: Scene) -> None:
    case = scene.approved()
    assert (case.status, case.lane) == (CaseStatus.APPROVED, Lane.GREEN)
    services.review_case(case_id=case.pk)
    assert list(ReviewResult.objects.filter(case=case).values_list("rule_code", flat=True)) == [
        rule.__name__ for rule in rules.RULES
    ]
    assert [each.action for each in case.transitions.all()] == ["submit", "start_review", "approve"]


@pytest.mark.django_db
def test_a_differing_return_goes_to_an_officer_with_the_reason(scene: Scene) -> None:
    scene.month()
    case = scene.prepare()
    run = ComparisonRun.objects.get()
    ComparisonRunFactory(
        tax_return=run.tax_return, taxpayer=scene.taxpayer, differs=True, compared_end=run.compared_end
    )
    case = scene.submit(case)
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    assert (case.status, case.lane) == (CaseStatus.REVIEWING, Lane.OFFICER)
    assert [each for each in case.lane_reasons if each.startswith("申报比对")]


@pytest.mark.django_db
def test_an_explanation_is_read_by_a_person(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene()
    scene.month()
    case = scene.submit(scene.prepare(explanation="本月有一笔退货"))
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    assert case.lane_reasons == ["情况说明：本月有一笔退货"]
    assert case.invoiced_amount == Decimal("3000.00")


def test_handed_in_after_midnight_of_the_lock_date_goes_to_a_person(scene: Scene) -> None:
    scene.month()
    scene.freeze("2026-11-16 23:50")
    case = scene.prepare()
    scene.freeze("2026-11-17 00:30")
    case = scene.submit(case)
    services.review_case(case_id=case.pk)
    found = scene.fresh(case)
    assert (found.status, found.lane) == (CaseStatus.REVIEWING, Lane.OFFICER)
    assert ReviewResult.objects.get(case=case, rule_code="in_time").outcome == ReviewOutcome.NEEDS_PERSON
