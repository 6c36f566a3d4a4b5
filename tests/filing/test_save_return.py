"""Saving entries into a draft."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.models import Taxpayer, User
from filing import selectors, services
from filing.errors import ReturnChangedError, ReturnNotDraftError
from filing.models import TaxReturn
from filing.rules.computation import Entry
from filing.rules.definition import CellKey
from taxhall.common.errors import InvalidInputError, NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
UNBILLED = CellKey("sales", "8", "services")
ORDINARY = CellKey("sales", "4", "services")


@pytest.fixture
def draft(taxpayer: Taxpayer, clerk: User, sell: Callable[..., object]) -> TaxReturn:
    """Return a begun return with 1,000 of ordinary invoices."""
    sell("1000.00")
    return services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)


def save(actor: User, draft: TaxReturn, entries: dict[CellKey, Entry], version: int | None = None) -> TaxReturn:
    """Save entries at the draft's own version unless told otherwise."""
    return services.save_return(
        actor=actor, tax_return=draft, version=draft.version if version is None else version, entries=entries
    )


def test_an_entry_is_kept_and_everything_else_computed(draft: TaxReturn, clerk: User) -> None:
    saved = save(clerk, draft, {UNBILLED: Entry(Decimal("250.00"))})
    assert saved.version == 2
    assert saved.sales_amount == Decimal("1250.00")
    assert saved.lines.get(schedule="main", line="10", column="services").value == Decimal("1250.00")


def test_entries_that_are_not_given_stay(draft: TaxReturn, clerk: User) -> None:
    saved = save(clerk, draft, {UNBILLED: Entry(Decimal("250.00"))})
    again = save(clerk, saved, {CellKey("sales", "8", "goods"): Entry(Decimal("50.00"))})
    assert selectors.current_sheet(again).amount("sales", "8", "services") == Decimal("250.00")


def test_a_blank_entry_takes_the_number_back_and_is_not_zero(draft: TaxReturn, clerk: User) -> None:
    saved = save(clerk, draft, {UNBILLED: Entry(Decimal("250.00"))})
    again = save(clerk, saved, {UNBILLED: Entry(None)})
    assert again.lines.get(schedule="sales", line="8", column="services").value is None
    zero = save(clerk, again, {UNBILLED: Entry(Decimal("0"))})
    assert zero.lines.get(schedule="sales", line="8", column="services").value == 0


def test_an_override_without_a_reason_is_kept_but_blocks_filing(draft: TaxReturn, clerk: User) -> None:
    saved = save(clerk, draft, {ORDINARY: Entry(Decimal("900.00"))})
    line = saved.lines.get(schedule="sales", line="4", column="services")
    assert (line.value, line.prefilled, line.is_overridden) == (Decimal("900.00"), Decimal("1000.00"), True)
    assert [each.code for each in selectors.current_sheet(saved).mandatory_problems] == ["reason"]
    mended = save(clerk, saved, {ORDINARY: Entry(Decimal("900.00"), "有一张发票属于上期")})
    assert selectors.current_sheet(mended).mandatory_problems == ()


def test_a_stale_version_saves_nothing(draft: TaxReturn, clerk: User) -> None:
    save(clerk, draft, {UNBILLED: Entry(Decimal("250.00"))})
    with pytest.raises(ReturnChangedError):
        save(clerk, draft, {UNBILLED: Entry(Decimal("999.00"))}, version=1)
    draft.refresh_from_db()
    assert selectors.current_sheet(draft).amount("sales", "8", "services") == Decimal("250.00")


@pytest.mark.parametrize("place", ["main.L15[services]", "sales.L99[goods]", "sales.L3[goods]"])
def test_computed_and_unknown_cells_are_refused(draft: TaxReturn, clerk: User, place: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        save(clerk, draft, {CellKey.parse(place): Entry(Decimal("1"))})
    assert place in caught.value.fields


def test_a_number_beyond_the_columns_width_is_refused(draft: TaxReturn, clerk: User) -> None:
    with pytest.raises(InvalidInputError):
        save(clerk, draft, {UNBILLED: Entry(Decimal("10000000000000.00"))})


def test_an_issuer_may_not_save(draft: TaxReturn) -> None:
    with pytest.raises(NotPermittedError):
        save(MembershipFactory(taxpayer=draft.taxpayer, role="issuer").user, draft, {UNBILLED: Entry(Decimal("1"))})


def test_a_filed_return_no_longer_changes(clerk: User, file_return: Callable[[], TaxReturn]) -> None:
    filed = file_return()
    with pytest.raises(ReturnNotDraftError):
        save(clerk, filed, {UNBILLED: Entry(Decimal("1"))})
