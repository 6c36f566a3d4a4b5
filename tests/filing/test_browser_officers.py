"""The officers' pages of filing, and the pages of a late payment and of the long annex, in a real browser."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from filing import selectors, services
from filing.choices import MeasureKind, PaymentState
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerPostFactory, TaxpayerFactory
from tests.factories.devices import DeviceFactory
from tests.factories.filing import PaymentFactory, TaxReturnFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.filing.test_browser import SIZES, look
from tests.harness.browser import open_page, sign_in
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@SIZES
def test_the_whitelist_the_measures_and_the_reports_of_a_district(
    page: Page, live_server: object, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    taxpayer, today = TaxpayerFactory(), clock.today()
    city = BureauFactory(city=True)
    first = OfficerPostFactory(exception=True, bureau=city).user
    second = OfficerPostFactory(exception=True, bureau=city).user
    known = {"rule_code": "X2", "valid_from": today, "reason": "汇总开票，按月合并申报", "source": "西税核〔2026〕1 号"}
    entry = services.ask_whitelist_entry(actor=first, taxpayer=taxpayer, **known)
    measure = services.ask_rule_measure(
        actor=first, kind=MeasureKind.TOLERANCE, amount=Decimal("10.00"), valid_to=today + timedelta(days=20), **known
    )
    services.decide_measure(actor=second, measure=measure, is_agreed=True, decision="同意")
    TaxReturnFactory(taxpayer=taxpayer, owing=True, period_start=today.replace(day=1) - timedelta(days=60))
    sign_in(page, HallClient().enter_as_officer(second), str(live_server))
    for name, path in {
        "whitelist": reverse("admin:whitelist"), "whitelist-new": reverse("admin:whitelist-ask"),
        "whitelist-entry": reverse("admin:whitelist-detail", args=[entry.pk]),
        "measures": reverse("admin:rule-measures"), "measure-new": reverse("admin:rule-measure-ask"),
        "measure": reverse("admin:rule-measure-detail", args=[measure.pk]),
        "district-reports": reverse("admin:district-reports"),
        "district-dues": reverse("admin:district-report", args=["dues"]),
    }.items():  # fmt: skip
        open_page(page, f"{live_server}{path}")
        look(page, name, size)


@SIZES
def test_a_late_payment_that_came_in_part(page: Page, live_server: object, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    member, today = MembershipFactory(role="finance"), clock.today()
    owing = TaxReturnFactory(
        taxpayer=member.taxpayer, owing=True, tax_due=Decimal("10000.00"), due_on=today - timedelta(days=10)
    )
    PaymentFactory(
        tax_return=owing, state=PaymentState.PARTIAL, received_amount=Decimal("4000.00"), amount=Decimal("10000.00"),
        received_tax=Decimal("4000.00"), received_at=clock.now(), signature="00", treasury_reference="TR1",
    )  # fmt: skip
    sign_in(page, HallClient().enter_as(member), str(live_server))
    open_page(page, f"{live_server}{reverse('filing:return-pay', args=[owing.pk])}")
    expect(page.get_by_text("其中滞纳金")).to_be_visible()
    look(page, "pay-late", size)


@SIZES
def test_the_long_annex_is_folded_and_opens_by_key(page: Page, live_server: object, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    member = MembershipFactory(role="finance", taxpayer=TaxpayerFactory(kind="general"))
    month = TaxPeriod.of_month(clock.today()).previous()
    device = DeviceFactory(taxpayer=member.taxpayer, period_start=month.start, period_end=month.end)
    for kind, amount, rate in (("004", "500000.00", "13"), ("007", "100000.00", "6"), ("007", "80000.00", "3")):
        IssuedInvoiceFactory(
            taxpayer=member.taxpayer, device=device, kind=kind, dated_on=month.start, lines=[line(amount, rate)]
        )
    draft = services.start_return(actor=member.user, taxpayer=member.taxpayer, period=month)
    assert selectors.current_sheet(draft).sums
    sign_in(page, HallClient().enter_as(member), str(live_server))
    open_page(page, f"{live_server}{reverse('filing:return-edit', args=[draft.pk])}?part=output")
    look(page, "annex-one", size)
    exempt = page.locator("#s-output-4")
    assert exempt.get_attribute("open") is None
    exempt.locator("> summary").focus()
    page.keyboard.press("Enter")
    expect(exempt).to_have_attribute("open", "")
