"""The VAT in what the treasury received for a return: lines 30 and 31 of the next ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from accounts.models import Taxpayer, User
from filing import selectors, services
from filing.choices import CellKind, PaymentState, ReturnStatus
from filing.models import Payment, ReturnLine, TaxReturn
from filing.rules.computation import Entry
from filing.rules.definition import CellKey
from filing.selectors.paid_vat import paid_arrears, paid_vat
from tests.factories.accounts import UserFactory
from tests.factories.filing import ZONE, PaymentFactory, TaxReturnFactory
from tests.filing.conftest import OCTOBER

pytestmark = pytest.mark.django_db

NOVEMBER, DECEMBER = OCTOBER.next(), OCTOBER.next().next()


def filed(vat: str = "1000.00", due: str = "1120.00", **fields: object) -> TaxReturn:
    """Return a filed return of October that owes VAT and 12 % of surcharges."""
    draft: TaxReturn = TaxReturnFactory(form_code="vat_general", tax_due=Decimal(due), **fields)
    ReturnLine.objects.create(
        tax_return=draft, schedule="main", line="34", column="general", kind=CellKind.COMPUTED, value=Decimal(vat)
    )
    draft.status, draft.receipt_number = ReturnStatus.SUBMITTED, f"SB20261105{draft.pk:08d}"
    draft.submitted_at, draft.submitted_by = datetime(2026, 11, 5, 10, tzinfo=ZONE), UserFactory()
    draft.save()
    return draft


def receive(tax_return: TaxReturn, tax: str, on: str, *, fee: str = "0.00", ordered: str = "") -> Payment:
    """Let the treasury have received tax and a surcharge for lateness at a local moment."""
    received = Decimal(tax) + Decimal(fee)
    amount = Decimal(ordered) if ordered else received
    return PaymentFactory(
        received=True, tax_return=tax_return, amount=amount, received_amount=received, received_tax=Decimal(tax),
        state=PaymentState.RECEIVED if amount == received else PaymentState.PARTIAL,
        late_fee=Decimal(fee), received_at=datetime.fromisoformat(on).replace(tzinfo=ZONE),
    )  # fmt: skip


def by_month(tax_return: TaxReturn) -> tuple[Decimal, Decimal]:
    """Return the VAT that was received for a return in November and in December."""
    return paid_vat(tax_return, NOVEMBER), paid_vat(tax_return, DECEMBER)


@pytest.mark.parametrize(
    ("tax", "fee", "on", "november", "december"),
    [
        ("1120.00", "0.00", "2026-11-10 10:00", "1000.00", "0.00"),
        ("1120.00", "14.00", "2026-12-10 10:00", "0.00", "1000.00"),
        ("560.00", "0.00", "2026-11-10 10:00", "500.00", "0.00"),
        # The day is Beijing's: half an hour to midnight, and half an hour after it.
        ("1120.00", "0.00", "2026-11-30 23:30", "1000.00", "0.00"),
        ("1120.00", "0.00", "2026-12-01 00:30", "0.00", "1000.00"),
    ],
)
def test_the_vat_of_a_payment_is_counted_without_surcharges_in_the_month_of_its_day(
    tax: str, fee: str, on: str, november: str, december: str
) -> None:
    tax_return = filed()
    receive(tax_return, tax, on, fee=fee, ordered="1120.00" if tax == "560.00" else "")
    assert by_month(tax_return) == (Decimal(november), Decimal(december))


def test_a_part_and_the_rest_in_the_next_month_add_up_to_the_whole_vat() -> None:
    tax_return = filed("333.33", "373.33")
    receive(tax_return, "100.01", "2026-11-10 10:00", ordered="373.33")
    receive(tax_return, "273.32", "2026-12-10 10:00", fee="2.50")
    november, december = by_month(tax_return)
    assert (november, december) == (Decimal("89.29"), Decimal("244.04"))
    assert november + december == Decimal("333.33")
    assert paid_arrears(tax_return.taxpayer, "vat_general", DECEMBER) == december
    assert paid_arrears(tax_return.taxpayer, "vat_general", NOVEMBER) == 0  # the last period is on line 30


def test_what_was_given_back_is_taken_back() -> None:
    tax_return = filed()
    receive(tax_return, "560.00", "2026-11-10 10:00", ordered="1120.00")
    refunded = receive(tax_return, "560.00", "2026-11-12 10:00")
    assert by_month(tax_return)[0] == Decimal("1000.00")
    Payment.objects.filter(pk=refunded.pk).update(state=PaymentState.REFUNDED, refunded_at=refunded.received_at)
    assert by_month(tax_return) == (Decimal("500.00"), Decimal("0.00"))


def test_a_correction_counts_the_vat_that_it_adds_to_what_was_held() -> None:
    old = filed()
    receive(old, "560.00", "2026-11-10 10:00", ordered="1120.00")
    TaxReturn.objects.filter(pk=old.pk).update(status=ReturnStatus.CORRECTED)
    new = filed(
        "2000.00",
        "2240.00",
        taxpayer=old.taxpayer,
        corrects=old,
        correction_reason="少报",
        paid_before=Decimal("560.00"),
    )
    assert by_month(new) == (Decimal("500.00"), Decimal("0.00"))
    receive(new, "1680.00", "2026-12-10 10:00", fee="20.00")
    assert by_month(new) == (Decimal("500.00"), Decimal("1500.00"))
    assert paid_arrears(old.taxpayer, "vat_general", DECEMBER) == Decimal("1500.00")


def test_the_next_return_takes_up_a_part_and_the_one_after_it_asks_for_the_rest(
    sell_general: Callable[..., tuple[User, Taxpayer]], freeze: Callable[[str], object]
) -> None:
    freeze("2026-11-05")
    clerk, general = sell_general("1000.00", "13")
    october = submit(clerk, services.start_return(actor=clerk, taxpayer=general, period=OCTOBER))
    assert october.tax_due == Decimal("139.10")  # 130.00 of VAT and 7 % of it
    receive(october, "69.55", "2026-11-10 10:00", ordered="139.10")
    freeze("2026-12-03")
    november = submit(clerk, services.start_return(actor=clerk, taxpayer=general, period=NOVEMBER))
    sheet = selectors.current_sheet(november)
    assert sheet.amount("main", "30", "general") == Decimal("65.00")
    assert sheet.amount("main", "32", "general") == Decimal("65.00")
    receive(october, "69.55", "2026-12-10 10:00", fee="1.20")
    freeze("2027-01-05")
    december = services.start_return(actor=clerk, taxpayer=general, period=DECEMBER)
    assert "H07" in {each.code for each in selectors.current_sheet(december).problems}
    entries = {CellKey("main", "31", "general"): Entry(Decimal("65.00"))}
    saved = services.save_return(actor=clerk, tax_return=december, version=december.version, entries=entries)
    sheet = selectors.current_sheet(saved)
    assert "H07" not in {each.code for each in sheet.problems}
    assert sheet.amount("main", "32", "general") == 0


def submit(actor: User, draft: TaxReturn) -> TaxReturn:
    """File a draft as it stands."""
    digest = selectors.current_sheet(draft).digest
    return services.submit_return(actor=actor, tax_return=draft, key=str(draft.submit_key), digest=digest)
