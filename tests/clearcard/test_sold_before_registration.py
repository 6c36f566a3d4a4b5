"""A month with sales is declared before its disk is cleared, whatever day of registration the register says."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Taxpayer
from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.errors import CaseNotReadyError
from clearcard.selectors.board import month_filing
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.choices import RunOutcome
from taxhall.common.periods import TaxPeriod
from tests.clearcard.scene import OCTOBER, Scene

pytestmark = pytest.mark.django_db


def registered_later(scene: Scene) -> None:
    """Let the register say the day after the month: entered wrongly, registered anew, or taken over."""
    Taxpayer.objects.filter(pk=scene.taxpayer.pk).update(registered_on=date(2026, 11, 1))
    scene.taxpayer.refresh_from_db()


@pytest.fixture
def sold(scene: Scene) -> Scene:
    """Return a company that sold in October, was registered in November, and declared nothing."""
    scene.issue("9000.00")
    scene.issue("2000.00", kind="004")
    registered_later(scene)
    scene.report()
    return scene


def test_without_its_return_it_differs_and_cannot_be_handed_in(sold: Scene) -> None:
    run = filing_services.compare_period(actor=None, taxpayer=sold.taxpayer, month=OCTOBER)
    case = sold.prepare()
    assert (run.outcome, run.is_blocking) == (RunOutcome.DIFFERS, True)
    assert selectors.filing_state(taxpayer=sold.taxpayer, month=OCTOBER).is_due
    assert month_filing(sold.taxpayer, OCTOBER).is_due
    with pytest.raises(CaseNotReadyError, match="2026 年 10 月的增值税申报表还没有申报"):
        sold.submit(case)
    services.review_case(case_id=case.pk)
    services.execute_clear(case_id=case.pk)
    assert (sold.fresh(case).status, sold.counter()) == (CaseStatus.DRAFT, 0)


def test_it_is_listed_filed_paid_and_then_cleared(sold: Scene) -> None:
    due = filing_selectors.due_returns(taxpayer=sold.taxpayer, today=date(2026, 11, 5))
    assert [each.period for each in due] == [OCTOBER]
    sold.file()
    run = filing_services.compare_period(actor=None, taxpayer=sold.taxpayer, month=OCTOBER)
    assert run.outcome == RunOutcome.AGREED
    case = sold.submit(sold.prepare())
    services.review_case(case_id=case.pk)
    services.execute_clear(case_id=case.pk)
    assert (sold.fresh(case).status, sold.counter()) == (CaseStatus.CLEARED, 1)


def test_what_the_disk_alone_reports_is_due_as_well(sold: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoicing.selectors.first_numbered", lambda **_between: None)  # issued through another system
    assert filing_selectors.return_period(sold.taxpayer, OCTOBER) == OCTOBER
    assert filing_selectors.return_period(sold.taxpayer, OCTOBER.previous()) is None


def test_a_month_without_sales_before_the_registration_stays_nobodys(scene: Scene) -> None:
    registered_later(scene)
    scene.report()
    assert filing_selectors.return_period(scene.taxpayer, OCTOBER) is None
    assert filing_selectors.due_returns(taxpayer=scene.taxpayer, today=date(2026, 11, 5)) == []


def test_an_approval_without_a_return_ends_when_the_register_is_mended(scene: Scene) -> None:
    registered_later(scene)
    scene.report()
    filing_services.compare_period(actor=None, taxpayer=scene.taxpayer, month=OCTOBER)
    case = scene.submit(scene.prepare())
    services.review_case(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.APPROVED
    Taxpayer.objects.filter(pk=scene.taxpayer.pk).update(registered_on=date(2026, 10, 9))
    services.execute_clear(case_id=case.pk)
    found = scene.fresh(case)
    assert (found.status, scene.counter()) == (CaseStatus.REVIEWING, 0)
    assert "本月变为应申报" in found.lane_reasons[0]


def test_a_quarterly_filer_declares_the_quarter_in_which_it_sold(sold: Scene) -> None:
    Taxpayer.objects.filter(pk=sold.taxpayer.pk).update(period_kind="quarterly", registered_on=date(2027, 1, 4))
    sold.taxpayer.refresh_from_db()
    found = [filing_selectors.return_period(sold.taxpayer, TaxPeriod.month(2026, month)) for month in (9, 10, 11, 12)]
    assert found == [None, None, None, TaxPeriod.of_quarter(date(2026, 12, 31))]


def test_who_sold_after_the_registration_costs_no_statement_more(
    scene: Scene, django_assert_num_queries: object
) -> None:
    kinds = filing_selectors.period_kinds(scene.taxpayer)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert filing_selectors.return_period(scene.taxpayer, OCTOBER, kinds=kinds) == OCTOBER
