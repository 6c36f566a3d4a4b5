"""Verifying the invoices (U-32): disk, ledger and return side by side, confirmed group by group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Taxpayer
from clearcard import services
from clearcard.models import ClearCardCase
from devices.models import Device
from filing import selectors as filing_selectors
from filing import services as filing_services
from taxhall.common.periods import TaxPeriod
from tests.clearcard.scene import OCTOBER, Scene
from tests.clearcard_pages.pages import address, main_of, require_learns_nothing, ticks
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]


def begin(scene: Scene) -> ClearCardCase:
    """Start an application and choose its type."""
    case = services.start_case(actor=scene.user, device=Device.objects.get(pk=scene.device.pk))
    return services.choose_type(actor=scene.user, case=case, kind="monthly")


@pytest.fixture
def begun(month: Scene) -> ClearCardCase:
    """Return an application of the month with its type chosen."""
    return begin(month)


def forget(scene: Scene, amount: str = "500.00") -> None:
    """Let the ledger learn of an invoice that neither the report nor the return has."""
    IssuedInvoiceFactory(
        taxpayer=scene.taxpayer, device=scene.device, dated_on=date(2026, 10, 21), lines=[line(amount, "1")]
    )


def test_three_parties_agree_and_each_group_is_confirmed(begun: ClearCardCase, enter: Enter) -> None:
    client = enter()
    page = client.get(address("verify", begun))
    words = main_of(page)
    assert "设备、系统台账和申报表一致" in words
    assert "2 项一致" in words
    assert "我已核对：增值税专用发票" in words
    assert "合计 2 3,000.00 30.00 2 3,000.00 30.00 3,000.00 30.00" in words
    assert client.post(address("verify", begun), ticks(page))["Location"] == address("fill", begun)
    begun.refresh_from_db()
    assert begun.confirmed_digest == page.context["table"].digest


def test_a_group_that_was_not_ticked_is_named(begun: ClearCardCase, enter: Enter) -> None:
    client = enter()
    sent = ticks(client.get(address("verify", begun)))
    del sent["group_004"]
    answer = client.post(address("verify", begun), sent)
    assert answer.status_code == 422
    assert "请核对增值税专用发票后勾选确认" in main_of(answer)
    assert "请核对增值税普通发票后勾选确认" not in main_of(answer)
    begun.refresh_from_db()
    assert begun.confirmed_digest == ""


def test_confirming_twice_is_the_same_as_once(begun: ClearCardCase, enter: Enter) -> None:
    client = enter()
    sent = ticks(client.get(address("verify", begun)))
    for _ in range(2):
        assert client.post(address("verify", begun), sent).status_code == 302
    begun.refresh_from_db()
    assert begun.confirmed_digest == sent["digest"]


def test_figures_that_moved_meanwhile_are_shown_again_and_not_confirmed(
    begun: ClearCardCase, month: Scene, enter: Enter
) -> None:
    client = enter()
    sent = ticks(client.get(address("verify", begun)))
    forget(month)
    answer = client.post(address("verify", begun), sent)
    words = main_of(answer)
    assert answer.status_code == 409
    assert "页面上的数字已不是最新" in words
    assert "请重新核对下面的数字，再确认" in words
    assert " checked" not in answer.content.decode()
    begun.refresh_from_db()
    assert begun.confirmed_digest == ""
    assert client.post(address("verify", begun), ticks(answer)).status_code == 302


def test_a_return_that_differs_from_the_invoices_names_the_difference_and_its_invoices(
    begun: ClearCardCase, month: Scene, enter: Enter
) -> None:
    forget(month)
    page = enter().get(address("verify", begun))
    words = main_of(page)
    assert "有 1 项不一致" in words
    assert "数字确实有误时请先更正；能够说明的，可在下一步写明情况，由税务人员审核" in words
    assert "台账多于设备，可能抄报之后又开了发票，请重新抄报" in words
    assert "-500.00" in words
    found = (
        f"{reverse('invoicing:invoice-list')}?period=2026-10&amp;device={month.device.serial}&amp;kind=007&amp;rate=1"
    )
    assert found in page.content.decode()
    assert "1 项一致" in words
    assert "我不同意这些数字" in words


def test_before_the_report_the_page_says_what_is_lacking(scene: Scene, enter: Enter) -> None:
    scene.issue()
    scene.freeze("2026-11-05 10:00")
    words = main_of(enter().get(address("verify", begin(scene))))
    assert "本期还没有抄报" in words
    assert "设备一栏要在抄报之后才有数字" in words
    assert "没有找到已提交的申报表，申报一栏为空" in words


def test_a_month_without_invoices_is_confirmed_as_such(scene: Scene, enter: Enter) -> None:
    scene.report()
    scene.file()
    case, client = begin(scene), enter()
    page = client.get(address("verify", case))
    assert "我已核对：本期没有开具发票" in main_of(page)
    assert client.post(address("verify", case), ticks(page)).status_code == 302


def test_an_issuer_may_not_confirm(begun: ClearCardCase, enter: Enter) -> None:
    sent = ticks(enter().get(address("verify", begun)))
    issuer = enter("issuer")
    assert issuer.get(address("verify", begun)).status_code == 403
    assert issuer.post(address("verify", begun), sent).status_code == 403
    begun.refresh_from_db()
    assert begun.confirmed_digest == ""


def test_an_outsider_learns_nothing(begun: ClearCardCase, enter: Enter, stranger: HallClient) -> None:
    require_learns_nothing(stranger, "verify", begun, ticks(enter().get(address("verify", begun))))


def test_a_quarters_return_stands_beside_what_the_company_sold_in_the_quarter(scene: Scene, enter: Enter) -> None:
    scene.issue()
    scene.report()
    quarter = TaxPeriod.of_quarter(OCTOBER.end)
    Taxpayer.objects.filter(pk=scene.taxpayer.pk).update(period_kind="quarterly")
    other = DeviceFactory(taxpayer=scene.taxpayer, period=TaxPeriod.month(2026, 11))
    IssuedInvoiceFactory(
        taxpayer=scene.taxpayer, device=other, kind="007", dated_on=date(2026, 11, 3), lines=[line("5000.00", "1")]
    )
    case = begin(scene)
    december = {"period_start": date(2026, 12, 1), "period_end": date(2026, 12, 31)}
    Device.objects.filter(pk=scene.device.pk).update(**december, issue_allowed_until=date(2027, 1, 18))
    ClearCardCase.objects.filter(pk=case.pk).update(**december)
    scene.freeze("2027-01-05 10:00")
    draft = filing_services.start_return(actor=scene.user, taxpayer=scene.taxpayer, period=quarter)
    digest = filing_selectors.current_sheet(draft).digest
    filing_services.submit_return(actor=scene.user, tax_return=draft, key=str(draft.submit_key), digest=digest)
    page = enter().get(address("verify", case))
    words = main_of(page)
    assert "只计这块设备2026 年 12 月的发票" in words
    assert f"是{quarter.label}整个申报期的申报数" in words
    assert f"全企业{quarter.label}开票" in words
    assert page.context["table"].basis_total.amount == Decimal("6000.00")


def test_a_monthly_filer_reads_nothing_of_another_span(begun: ClearCardCase, enter: Enter) -> None:
    assert "整个申报期" not in main_of(enter().get(address("verify", begun)))
