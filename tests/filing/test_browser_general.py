"""A general taxpayer's pages in a real browser: accessible, and no wider than the window."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership
from filing import selectors, services
from filing.choices import TickState, TransferLine
from filing.models import TaxReturn
from filing.services import VoucherDraft
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory, TaxpayerFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.filing.test_browser import SIZES, look
from tests.harness.browser import open_page, sign_in
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def a_month(member: Membership) -> TaxReturn:
    """Sell, enter and tick input, transfer some out, file."""
    taxpayer, month = member.taxpayer, TaxPeriod.of_month(clock.today()).previous()
    device = DeviceFactory(taxpayer=taxpayer, period_start=month.start, period_end=month.end)
    for kind, amount, rate in (("004", "500000.00", "13"), ("007", "100000.00", "6"), ("007", "80000.00", "3")):
        IssuedInvoiceFactory(
            taxpayer=taxpayer, device=device, kind=kind, dated_on=month.start, lines=[line(amount, rate)]
        )
    drafts = [
        VoucherDraft(
            kind="special", code="6100261130", number=f"0000000{n}", dated_on=month.start + timedelta(days=n),
            seller_number="91610131000000019Y", seller_name="西安样例科技有限公司", amount=Decimal("10000.00") * n,
            tax=Decimal("1300.00") * n,
        )
        for n in range(1, 5)
    ]  # fmt: skip
    rows = services.add_vouchers(actor=member.user, taxpayer=taxpayer, drafts=drafts)
    services.tick_vouchers(
        actor=member.user, taxpayer=taxpayer, period=month, pks=[row.pk for row in rows[:3]], state=TickState.DEDUCTED
    )
    services.record_transfer(
        actor=member.user, taxpayer=taxpayer, period=month, line=TransferLine.WELFARE, tax=Decimal("120.00"),
        reason="发放职工福利",
    )  # fmt: skip
    draft = services.start_return(actor=member.user, taxpayer=taxpayer, period=month)
    digest = selectors.current_sheet(draft).digest
    return services.submit_return(actor=member.user, tax_return=draft, key="key", digest=digest)


@SIZES
def test_the_input_side_and_the_differences(page: Page, live_server: object, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    member = MembershipFactory(role="finance", taxpayer=TaxpayerFactory(kind="general"))
    filed = a_month(member)
    run = services.compare_return(return_id=filed.pk)
    assert run is not None
    device = filed.taxpayer.devices.get()
    IssuedInvoiceFactory(
        taxpayer=filed.taxpayer, device=device, kind="004", dated_on=filed.period_end, lines=[line("7000.00", "13")]
    )
    sign_in(page, HallClient().enter_as(member), str(live_server))
    for name, path in {
        "inputs": "/inputs/", "input-new": "/inputs/new/", "input-import": "/inputs/import/",
        "transfer-new": "/inputs/transfers/new/", "general-comparison": f"/comparisons/{run.pk}/",
        "differences": "/differences/?cell=special-13",
    }.items():  # fmt: skip
        open_page(page, f"{live_server}/filing{path}")
        look(page, name, size)
    # The month is filed: only a correction opens its inputs again.
    services.correct_return(actor=member.user, tax_return=filed, reason="漏勾选")
    open_page(page, f"{live_server}/filing/inputs/")
    sums = page.locator(".chosen-sums")
    page.get_by_label("全选列出的 4 张").check()
    expect(sums).to_have_text("选中 4 张，金额 100,000.00 元，税额 13,000.00 元，其中 3 张已经勾选过。")
    page.get_by_label("6100261130 00000004").uncheck()
    expect(sums).to_have_text("选中 3 张，金额 60,000.00 元，税额 7,800.00 元，其中 3 张已经勾选过。")
    expect(page.get_by_label("全选列出的 4 张")).to_have_js_property("indeterminate", True)
    look(page, "inputs-chosen", size)
