"""Reports of a district: what an officer may see and no more, the same on the page and in the file."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent
from clearcard.models import ClearCardCase
from clearcard.reports.district import REPORTS
from invoicing.reports import BY_NAME, Asked
from taxhall.common.periods import TaxPeriod
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, code_of, enter
from tests.factories.accounts import BureauFactory
from tests.factories.filing import TaxReturnFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
OCTOBER = "?period=2026-10"


def page_of(name: str) -> str:
    """Return the address of a report."""
    return reverse("admin:district-report", args=[name])


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_each_report_is_shown_and_handed_out_with_the_same_figures(
    officer: HallClient, case: ClearCardCase, report: object
) -> None:
    TaxReturnFactory(taxpayer=case.taxpayer, owing=True)
    name = report.name  # type: ignore[attr-defined]
    words = words_of(officer.get(page_of(name) + OCTOBER))
    answer = officer.post(page_of(name), {"period": "2026-10", "file_format": "xlsx"})
    assert answer.status_code == 200
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]  # type: ignore[attr-defined]
    names = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert (case.taxpayer.name in words) == (case.taxpayer.name in names)
    event = AuditEvent.objects.get(action="invoicing.district_report_exported")
    assert (event.actor, event.data["report"], event.data["period"]) == (officer.user, name, "2026-10")


def test_another_district_is_in_no_report(november: object) -> None:
    filed = TaxReturnFactory(owing=True)
    stranger = enter(bureau=BureauFactory(xincheng=True))
    for report in REPORTS:
        assert filed.taxpayer.name not in words_of(stranger.get(page_of(report.name) + OCTOBER))
    assert filed.taxpayer.name in words_of(enter().get(page_of("dues") + OCTOBER))


def test_an_export_asks_for_a_fresh_proof(officer: HallClient, later: object) -> None:
    later("2026-11-05 10:06")  # type: ignore[operator]
    wanted = {"period": "2026-10", "file_format": "csv"}
    assert officer.post(page_of("returns"), wanted).status_code == 422
    assert AuditEvent.objects.filter(action="invoicing.district_report_exported").count() == 0
    answer = officer.post(page_of("returns"), {**wanted, "code": code_of(officer.user)})
    assert answer["Content-Disposition"].startswith("attachment")


def test_what_does_not_exist_is_said_and_a_taxpayer_stays_outside(officer: HallClient) -> None:
    assert officer.get(page_of("nothing")).status_code == 404
    assert officer.get(page_of("returns") + "?period=never").status_code == 422
    assert_closed(page_of("returns"))
    assert_closed(reverse("admin:district-reports"))


def test_the_ledger_of_clears_tells_how_far_each_disk_is(case: ClearCardCase) -> None:
    (row,) = BY_NAME["clears"].make(Asked(case.taxpayer, TaxPeriod.month(2026, 10), "我"))[0].rows
    assert row[:2] == (case.device.serial, case.period.label)
    assert row[6] == case.get_status_display()
    filed = TaxReturnFactory(taxpayer=case.taxpayer, submitted=True, tax_due=Decimal(0))
    (row,) = BY_NAME["clears"].make(Asked(case.taxpayer, TaxPeriod.month(2026, 10), "我"))[0].rows
    assert (row[3], filed.taxpayer) == (date(2026, 11, 5), case.taxpayer)
