"""The input side: entered once, checked against the ledger, ticked into one month, transferred out again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from accounts.models import AuditEvent, Taxpayer, User
from devices.choices import InvoiceKind
from filing import selectors, services
from filing.choices import TickState, TransferLine, VoucherCheck, VoucherKind
from filing.errors import InputLockedError, VoucherRefusedError
from filing.models import InputTransfer, InputVoucher, TaxReturn
from filing.services import VoucherDraft
from taxhall.common.errors import InvalidInputError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def voucher(number: str = "00000001", **changes: Any) -> VoucherDraft:
    """Return a special invoice of October as it was typed."""
    usual: dict[str, Any] = {
        "kind": VoucherKind.SPECIAL, "code": "6100261130", "number": number, "dated_on": date(2026, 10, 12),
        "seller_number": "91610131000000019Y", "seller_name": "西安样例科技有限公司",
        "amount": Decimal("1000.00"), "tax": Decimal("130.00"),
    }  # fmt: skip
    return VoucherDraft(**{**usual, **changes})


@pytest.fixture
def add(general: Taxpayer, accountant: User) -> Callable[..., list[InputVoucher]]:
    """Return a function that enters vouchers."""
    return lambda *drafts: services.add_vouchers(actor=accountant, taxpayer=general, drafts=drafts)


@pytest.fixture
def tick(general: Taxpayer, accountant: User) -> Callable[..., list[InputVoucher]]:
    """Return a function that ticks vouchers into October."""

    def tick(*rows: InputVoucher, state: str = TickState.DEDUCTED, period: TaxPeriod = OCTOBER) -> list[InputVoucher]:
        return services.tick_vouchers(
            actor=accountant, taxpayer=general, period=period, pks=[row.pk for row in rows], state=state
        )

    return tick


Add = Callable[..., list[InputVoucher]]


def test_a_ticked_voucher_fills_annex_two_and_the_main_form(
    general: Taxpayer, accountant: User, sell_general: Callable[..., object], add: Add, tick: Add
) -> None:
    sell_general("5000.00", "6")
    tick(*add(voucher(), voucher("00000002", kind=VoucherKind.PASSENGER, tax=Decimal("9.00"))))
    sheet = selectors.current_sheet(services.start_return(actor=accountant, taxpayer=general, period=OCTOBER))
    assert [sheet.amount("input", "2", column) for column in ("count", "amount", "tax")] == [1, 1000, 130]
    assert sheet.amount("input", "10", "tax") == Decimal("9.00")
    assert sheet.amount("main", "12", "general") == Decimal("139.00")
    assert sheet.amount("main", "34", "general") == Decimal("161.00")  # 300.00 - 139.00


def test_an_unticked_voucher_does_not_count_and_the_form_says_so(general: Taxpayer, accountant: User, add: Add) -> None:
    add(voucher())
    sheet = selectors.current_sheet(services.start_return(actor=accountant, taxpayer=general, period=OCTOBER))
    assert sheet.amount("input", "12", "tax") == 0
    assert "H06" in {each.code for each in sheet.problems}


def test_input_not_used_this_month_is_carried_into_the_next(
    general: Taxpayer, accountant: User, add: Add, tick: Add, freeze: Callable[[str], object]
) -> None:
    tick(*add(voucher()))
    draft = services.start_return(actor=accountant, taxpayer=general, period=OCTOBER)
    digest = selectors.current_sheet(draft).digest
    services.submit_return(actor=accountant, tax_return=draft, key="october", digest=digest)
    freeze("2026-12-03")
    november = services.start_return(actor=accountant, taxpayer=general, period=TaxPeriod.month(2026, 11))
    sheet = selectors.current_sheet(november)
    assert sheet.amount("main", "13", "general") == Decimal("130.00")
    assert sheet.amount("main", "20", "general") == Decimal("130.00")


def test_a_duplicate_is_refused_with_its_row_and_nothing_is_entered(add: Add) -> None:
    add(voucher())
    with pytest.raises(VoucherRefusedError) as caught:
        add(voucher("00000009"), voucher(), voucher("00000009"))
    assert {row: str(texts[0]) for row, texts in caught.value.fields.items()} == {
        "2": "与已录入的凭证重复", "3": "与本次录入的另一行重复",
    }  # fmt: skip
    assert InputVoucher.objects.count() == 1


def test_the_database_refuses_the_duplicate_as_well(add: Add, accountant: User, general: Taxpayer) -> None:
    (row,) = add(voucher())
    with pytest.raises(IntegrityError), transaction.atomic():
        InputVoucher.objects.create(
            taxpayer=general, kind="special", code=row.code, number=row.number, dated_on=row.dated_on,
            seller_name="x", amount=1, tax=0, added_by=accountant,
        )  # fmt: skip


@pytest.fixture
def issued(general: Taxpayer) -> Any:
    """Return an invoice that the hall issued to the general taxpayer."""
    return IssuedInvoiceFactory(
        kind=InvoiceKind.SPECIAL,
        buyer_number=general.number,
        dated_on=date(2026, 10, 12),
        lines=[line("1000.00", "13")],
    )


def test_a_voucher_issued_in_this_hall_is_matched_with_its_invoice(issued: Any, add: Add) -> None:
    (row,) = add(voucher(issued.number, code=issued.code))
    assert row.check_result == VoucherCheck.MATCHED


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"tax": Decimal("131.00")}, "与开票记录不一致"), ({"dated_on": date(2026, 10, 13)}, "与开票记录不一致")],
)
def test_a_voucher_that_is_not_as_issued_is_refused(issued: Any, add: Add, changes: Any, words: str) -> None:
    with pytest.raises(VoucherRefusedError) as caught:
        add(voucher(issued.number, code=issued.code, **changes))
    assert words in str(caught.value.fields["1"][0])


def test_somebody_elses_invoice_is_refused_without_telling_of_it(add: Add) -> None:
    other = IssuedInvoiceFactory(
        kind=InvoiceKind.SPECIAL, buyer_number="91610131000000019Y", dated_on=date(2026, 10, 12),
        lines=[line("1000.00", "13")],
    )  # fmt: skip
    with pytest.raises(VoucherRefusedError) as caught:
        add(voucher(other.number, code=other.code))
    assert str(caught.value.fields["1"][0]) == "与开票记录不一致，请核对代码、号码和购方"


def test_a_tick_may_be_taken_back_and_leaves_its_audit_rows(add: Add, tick: Add) -> None:
    rows = add(voucher())
    tick(*rows)
    (row,) = tick(*rows, state=TickState.OPEN)
    assert (row.state, row.period_start) == (TickState.OPEN, None)
    assert AuditEvent.objects.filter(action="filing.vouchers_ticked").count() == 2


def test_a_voucher_counts_in_one_month_only(add: Add, tick: Add, freeze: Callable[[str], object]) -> None:
    rows = add(voucher())
    tick(*rows)
    freeze("2026-12-03")
    with pytest.raises(InputLockedError):
        tick(*rows, period=TaxPeriod.month(2026, 11))


def test_a_voucher_cannot_be_ticked_into_a_month_before_it_was_issued(add: Add, tick: Add) -> None:
    rows = add(voucher(dated_on=date(2026, 11, 2)))
    with pytest.raises(InvalidInputError):
        tick(*rows)


def test_a_filed_month_is_fixed(general: Taxpayer, accountant: User, add: Add, tick: Add) -> None:
    rows = add(voucher())
    draft = services.start_return(actor=accountant, taxpayer=general, period=OCTOBER)
    filed = services.submit_return(
        actor=accountant, tax_return=draft, key="october", digest=selectors.current_sheet(draft).digest
    )
    with pytest.raises(InputLockedError):
        tick(*rows)
    services.correct_return(actor=accountant, tax_return=filed, reason="漏勾选")
    assert tick(*rows)[0].state == TickState.DEDUCTED


def test_a_voucher_that_a_filed_return_counts_is_not_deducted_again_before_its_correction_is_filed(
    general: Taxpayer, accountant: User, add: Add, tick: Add, freeze: Callable[[str], object]
) -> None:
    rows = add(voucher())
    tick(*rows)
    draft = services.start_return(actor=accountant, taxpayer=general, period=OCTOBER)
    digest = selectors.current_sheet(draft).digest
    filed = services.submit_return(actor=accountant, tax_return=draft, key="october", digest=digest)
    correction = services.correct_return(actor=accountant, tax_return=filed, reason="退回的发票不应抵扣")
    tick(*rows, state=TickState.OPEN)
    freeze("2026-12-03")
    november = TaxPeriod.month(2026, 11)
    with pytest.raises(InputLockedError, match="2026 年 10 月"):
        tick(*rows, period=november)
    digest = selectors.current_sheet(correction).digest
    services.submit_return(actor=accountant, tax_return=correction, key="corrected", digest=digest)
    assert tick(*rows, period=november)[0].period_start == november.start


def file_october(general: Taxpayer, accountant: User, key: str = "october") -> TaxReturn:
    draft = services.start_return(actor=accountant, taxpayer=general, period=OCTOBER)
    digest = selectors.current_sheet(draft).digest
    return services.submit_return(actor=accountant, tax_return=draft, key=key, digest=digest)


def test_another_voucher_of_the_same_tax_in_its_place_does_not_free_it(
    general: Taxpayer, accountant: User, add: Add, tick: Add, freeze: Callable[[str], object]
) -> None:
    first, second = add(voucher(), voucher("00000002"))
    tick(first)
    filed = file_october(general, accountant)
    correction = services.correct_return(actor=accountant, tax_return=filed, reason="换一张凭证")
    tick(first, state=TickState.OPEN)
    tick(second)
    freeze("2026-12-03")
    november = TaxPeriod.month(2026, 11)
    with pytest.raises(InputLockedError, match="2026 年 10 月"):
        tick(first, period=november)
    digest = selectors.current_sheet(correction).digest
    services.submit_return(actor=accountant, tax_return=correction, key="corrected", digest=digest)
    assert tick(first, period=november)[0].period_start == november.start


def test_voiding_the_return_frees_its_vouchers_even_beside_a_correction_that_was_begun(
    general: Taxpayer, accountant: User, add: Add, tick: Add, freeze: Callable[[str], object]
) -> None:
    rows = add(voucher())
    tick(*rows)
    filed = file_october(general, accountant)
    services.correct_return(actor=accountant, tax_return=filed, reason="退回的发票不应抵扣")
    services.void_return(actor=accountant, tax_return=filed, reason="整张重报")
    tick(*rows, state=TickState.OPEN)
    file_october(general, accountant, key="again")
    freeze("2026-12-03")
    assert tick(*rows, period=TaxPeriod.month(2026, 11))[0].state == TickState.DEDUCTED


def test_a_correction_that_frees_no_voucher_holds_up_no_other_month(
    general: Taxpayer, accountant: User, add: Add, tick: Add, freeze: Callable[[str], object]
) -> None:
    first, second = add(voucher(), voucher("00000002", dated_on=date(2026, 11, 2)))
    tick(first)
    draft = services.start_return(actor=accountant, taxpayer=general, period=OCTOBER)
    digest = selectors.current_sheet(draft).digest
    filed = services.submit_return(actor=accountant, tax_return=draft, key="october", digest=digest)
    services.correct_return(actor=accountant, tax_return=filed, reason="漏报收入")
    freeze("2026-12-03")
    assert tick(second, period=TaxPeriod.month(2026, 11))[0].state == TickState.DEDUCTED


@pytest.mark.django_db(transaction=True)
def test_filing_waits_for_whoever_is_ticking(general: Taxpayer, accountant: User) -> None:
    draft = services.start_return(actor=accountant, taxpayer=general, period=OCTOBER)
    digest = selectors.current_sheet(draft).digest
    is_held, is_over = threading.Event(), threading.Event()

    def tick_slowly() -> None:
        with transaction.atomic():
            Taxpayer.objects.select_for_update().get(pk=general.pk)  # as every act on the input side begins
            is_held.set()
            is_over.wait(timeout=30)
        connection.close()

    other = threading.Thread(target=tick_slowly)
    other.start()
    assert is_held.wait(timeout=30)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(OperationalError), transaction.atomic():
            services.submit_return(actor=accountant, tax_return=draft, key="october", digest=digest)
    is_over.set()
    other.join(timeout=30)
    draft.refresh_from_db()
    assert draft.is_draft


def transfer(general: Taxpayer, accountant: User, **changes: Any) -> InputTransfer:
    """Record a transfer of October."""
    usual: dict[str, Any] = {"line": TransferLine.WELFARE, "tax": Decimal("30.00"), "reason": "发放职工福利"}
    return services.record_transfer(actor=accountant, taxpayer=general, period=OCTOBER, **{**usual, **changes})


def test_a_transfer_fills_its_row_until_it_is_cancelled(general: Taxpayer, accountant: User) -> None:
    row = transfer(general, accountant)
    draft = services.start_return(actor=accountant, taxpayer=general, period=OCTOBER)
    assert selectors.current_sheet(draft).amount("input", "15", "tax") == Decimal("30.00")
    assert services.cancel_transfer(actor=accountant, transfer=row).is_cancelled
    assert services.cancel_transfer(actor=accountant, transfer=row).is_cancelled
    assert selectors.current_sheet(draft).amount("input", "13", "tax") == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tax": Decimal(0)}, "tax"), ({"line": "99"}, "line"), ({"reason": " "}, "reason"),
        ({"line": TransferLine.RED_NOTICE}, "notice_number"),
    ],
)  # fmt: skip
def test_a_transfer_that_does_not_do_says_where(general: Taxpayer, accountant: User, changes: Any, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        transfer(general, accountant, **changes)
    assert list(caught.value.fields) == [field]


def test_a_red_notice_is_transferred_out_once(general: Taxpayer, accountant: User) -> None:
    transfer(general, accountant, line=TransferLine.RED_NOTICE, notice_number="6101000001")
    with pytest.raises(InvalidInputError):
        transfer(general, accountant, line=TransferLine.RED_NOTICE, notice_number="6101000001")


def test_an_outsider_enters_ticks_and_transfers_nothing(general: Taxpayer, add: Add) -> None:
    (row,) = add(voucher())
    outsider = MembershipFactory(role="finance").user
    with pytest.raises(NotPermittedError):
        services.add_vouchers(actor=outsider, taxpayer=general, drafts=[voucher("00000003")])
    with pytest.raises(NotPermittedError):
        services.tick_vouchers(actor=outsider, taxpayer=general, period=OCTOBER, pks=[row.pk], state="deducted")
    with pytest.raises(NotPermittedError):
        transfer(general, outsider)
