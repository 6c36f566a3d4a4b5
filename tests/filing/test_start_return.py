"""Beginning a return."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Taxpayer, User
from filing import selectors, services
from filing.models import TaxReturn
from taxhall.common.errors import ConflictError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory, TaxpayerFactory
from tests.factories.filing import TaxReturnFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def test_a_return_begins_prefilled_from_the_invoices(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object]
) -> None:
    sell("1000.00")
    sell("500.00", special=True, tax_code="1010101020000000000")
    sell("77.00", dated_on=datetime(2026, 9, 30).date())  # noqa: DTZ001
    draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    cells = {(line.schedule, line.line, line.column): line.value for line in draft.lines.all()}
    assert cells["sales", "4", "services"] == Decimal("1000.00")
    assert cells["sales", "1", "goods"] == Decimal("500.00")
    assert cells["sales", "20", "total"] == Decimal("1500.00")
    assert draft.sales_amount == Decimal("1500.00")
    assert AuditEvent.objects.filter(action="filing.return_started").count() == 1


def test_a_company_registered_in_the_period_misses_no_earlier_return(taxpayer: Taxpayer, clerk: User) -> None:
    draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    assert "H03" in {each.code for each in selectors.current_sheet(draft).problems}
    taxpayer.registered_on = OCTOBER.start
    taxpayer.save()
    draft.refresh_from_db()
    assert "H03" not in {each.code for each in selectors.current_sheet(draft).problems}
    with pytest.raises(ConflictError, match="不是您的申报所属期"):
        services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER.previous())


def test_beginning_again_returns_the_same_return(taxpayer: Taxpayer, clerk: User) -> None:
    first = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    assert services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER) == first
    assert TaxReturn.objects.count() == 1


def test_the_database_holds_one_standing_return_per_period(taxpayer: Taxpayer) -> None:
    TaxReturnFactory(taxpayer=taxpayer)
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxReturnFactory(taxpayer=taxpayer)


@pytest.mark.parametrize("role", ["issuer"])
def test_an_issuer_may_not_begin(taxpayer: Taxpayer, role: str) -> None:
    with pytest.raises(NotPermittedError):
        services.start_return(
            actor=MembershipFactory(taxpayer=taxpayer, role=role).user, taxpayer=taxpayer, period=OCTOBER
        )


def test_an_outsider_may_not_begin(taxpayer: Taxpayer) -> None:
    with pytest.raises(NotPermittedError):
        services.start_return(actor=MembershipFactory(role="legal").user, taxpayer=taxpayer, period=OCTOBER)


def test_a_period_that_has_not_ended_is_refused(taxpayer: Taxpayer, clerk: User) -> None:
    with pytest.raises(ConflictError) as caught:
        services.start_return(actor=clerk, taxpayer=taxpayer, period=TaxPeriod.month(2026, 11))
    assert caught.value.code == "filing.period_not_ended"


def test_a_quarterly_filer_cannot_begin_a_month() -> None:
    taxpayer = TaxpayerFactory(period_kind="quarterly")
    actor = MembershipFactory(taxpayer=taxpayer, role="finance").user
    with pytest.raises(ConflictError) as caught:
        services.start_return(actor=actor, taxpayer=taxpayer, period=OCTOBER)
    assert caught.value.code == "filing.period_not_due"
    quarter = services.start_return(actor=actor, taxpayer=taxpayer, period=TaxPeriod.quarter(2026, 3))
    assert quarter.period.code == "2026-Q3"


def test_a_general_taxpayer_begins_the_general_form_prefilled_by_rate(sell_general: Callable[..., object]) -> None:
    actor, taxpayer = sell_general("1000.00", "13", special=True)
    started = services.start_return(actor=actor, taxpayer=taxpayer, period=OCTOBER)
    sheet = selectors.current_sheet(started)
    assert (started.form_code, started.form_version) == ("vat_general", "2021-20")
    assert sheet.amount("output", "2", "1") == Decimal("1000.00")  # software is a service
    assert sheet.amount("main", "11", "general") == Decimal("130.00")


def test_a_period_before_every_form_is_told_so() -> None:
    taxpayer = TaxpayerFactory()
    actor = MembershipFactory(taxpayer=taxpayer, role="finance").user
    with pytest.raises(ConflictError) as caught:
        services.start_return(actor=actor, taxpayer=taxpayer, period=TaxPeriod.month(2022, 10))
    assert caught.value.code == "filing.form_not_available"


def test_another_tax_has_a_return_of_its_own_for_the_same_month(taxpayer: Taxpayer, clerk: User) -> None:
    vat = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    fee = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER, tax="culture_fee")
    assert {vat.form_code, fee.form_code} == {"vat_small_scale", "culture_fee"}
    assert selectors.find_return(taxpayer=taxpayer, period=OCTOBER) == vat


def test_the_year_to_date_continues_from_the_filed_return_before(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn],
    freeze: Callable[[str], datetime],
) -> None:  # fmt: skip
    sell("200.00", special=True)
    file_return()
    freeze("2026-12-03")
    sell("300.00", special=True, dated_on=datetime(2026, 11, 20).date())  # noqa: DTZ001
    november = services.start_return(actor=clerk, taxpayer=taxpayer, period=TaxPeriod.month(2026, 11))
    sheet = selectors.current_sheet(november)
    assert sheet.amount("main", "1", "services") == Decimal("300.00")
    assert sheet.amount("main", "1", "ytd_services") == Decimal("500.00")
