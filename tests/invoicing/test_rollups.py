"""The rollups follow the invoices: by the services, by raw SQL, in parallel, and after a rollback."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership
from devices.choices import TotalKind
from devices.models import Device
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.models import ALL_RATES, CustomerTotal, GoodsTotal, Invoice, MonthTotal, SalesTotal
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import InvoiceFactory, IssuedInvoiceFactory, VoidedInvoiceFactory, line


def assert_no_drift() -> None:
    assert [(each.table, each.drifted) for each in services.check_rollups() if each.drifted] == []


def totals_of(taxpayer: object, **key: object) -> dict[str, tuple[int, Decimal, Decimal]]:
    """Return count, amount and tax by kind of total."""
    found = MonthTotal.objects.filter(taxpayer=taxpayer, **{"rate": ALL_RATES, **key}).exclude(count=0)
    return {row.total_kind: (row.count, row.amount, row.tax) for row in found}


def test_issuing_on_the_disk_counts_and_voiding_moves(issued: Callable[..., Invoice], seller: Membership) -> None:
    invoice = issued()
    assert totals_of(seller.taxpayer) == {TotalKind.POSITIVE: (1, invoice.amount, invoice.tax)}

    services.void_invoice(actor=seller.user, invoice=invoice, reason="开票有误", number=invoice.number)
    assert set(totals_of(seller.taxpayer)) == {TotalKind.POSITIVE}
    services.perform_void(invoice_id=invoice.pk)
    assert totals_of(seller.taxpayer) == {TotalKind.POSITIVE_VOID: (1, invoice.amount, invoice.tax)}
    assert_no_drift()


def test_drafts_and_orders_do_not_count(order: Callable[..., Invoice], seller: Membership) -> None:
    order()
    assert totals_of(seller.taxpayer) == {}
    assert_no_drift()


@pytest.mark.django_db
def test_an_invoice_of_two_rates_counts_once_in_each_and_once_as_a_whole() -> None:
    invoice = IssuedInvoiceFactory(lines=[line("100.00", "13"), line("50.00", "6"), line("1.00", "6")])
    rows = {row.rate: (row.count, row.amount) for row in MonthTotal.objects.filter(taxpayer=invoice.taxpayer)}
    assert rows == {"": (1, Decimal("151.00")), "13": (1, Decimal("100.00")), "6": (1, Decimal("51.00"))}
    assert GoodsTotal.objects.get(taxpayer=invoice.taxpayer).count == 1
    assert CustomerTotal.objects.get(taxpayer=invoice.taxpayer).amount == Decimal("151.00")
    sales = {(row.rate, row.section): row.count for row in SalesTotal.objects.filter(taxpayer=invoice.taxpayer)}
    assert sales == {("13", "3"): 1, ("6", "3"): 1}


@pytest.mark.django_db
def test_raw_sql_is_counted_too() -> None:
    invoice = IssuedInvoiceFactory()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invoicing_invoice SET state = 'voiding' WHERE id = %s", [invoice.pk])
        cursor.execute(
            "UPDATE invoicing_invoice SET state = 'voided', voided_at = now(), voided_by_id = drawer_id WHERE id = %s",
            [invoice.pk],
        )
    assert set(totals_of(invoice.taxpayer)) == {TotalKind.POSITIVE_VOID}
    assert_no_drift()


@pytest.mark.django_db
def test_a_transaction_that_is_taken_back_takes_its_counts_with_it() -> None:
    kept = IssuedInvoiceFactory()
    with transaction.atomic():
        IssuedInvoiceFactory(taxpayer=kept.taxpayer, device=kept.device)
        transaction.set_rollback(True)
    assert totals_of(kept.taxpayer)[TotalKind.POSITIVE][0] == 1
    assert_no_drift()


CENTS = st.integers(1, 10_000_00).map(lambda cents: f"{cents / 100:.2f}")
LINES = st.lists(
    st.tuples(CENTS, st.sampled_from(["13", "6", "1", "exempt"]), st.sampled_from("甲乙")), min_size=1, max_size=4
)
INVOICES = st.lists(
    st.tuples(
        LINES,
        st.sampled_from(["draft", "issuing", "issued", "voiding", "voided", "in_doubt"]),
        st.sampled_from(["007", "004"]),
        st.sampled_from([date(2026, 10, 31), date(2026, 11, 1)]),
        st.booleans(),  # negative
    ),
    max_size=8,
)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(invoices=INVOICES)
def test_whatever_is_written_adds_up(invoices: list[tuple[list[tuple[str, str, str]], str, str, date, bool]]) -> None:
    with transaction.atomic():
        _allow_negative_rows()
        seller = MembershipFactory(issuer=True)
        device = DeviceFactory(taxpayer=seller.taxpayer)
        for entered, goal, kind, day, is_negative in invoices:
            sign = -1 if is_negative else 1
            lines = [line(amount, rate, name=name) for amount, rate, name in entered]
            for each in lines:
                each["amount"], each["tax"] = sign * each["amount"], sign * each["tax"]
            place = {"taxpayer": seller.taxpayer, "device": device, "drawer": seller.user}
            InvoiceFactory(**place, goal=InvoiceState(goal), kind=kind, dated_on=day, lines=lines)
        assert_no_drift()
        assert _kept(device) == _counted(device)
        transaction.set_rollback(True)


def _allow_negative_rows() -> None:
    with connection.cursor() as cursor:
        for table, name in (("invoice", "invoice_sign_fits_colour"), ("invoiceline", "line_sign_fits_kind")):
            cursor.execute(f"ALTER TABLE invoicing_{table} DROP CONSTRAINT IF EXISTS invoicing_{name}")


def _kept(device: Device) -> dict[tuple[object, ...], tuple[int, Decimal, Decimal]]:
    found = MonthTotal.objects.filter(device=device).exclude(count=0)
    return {(row.month, row.kind, row.rate, row.total_kind): (row.count, row.amount, row.tax) for row in found}


def _counted(device: Device) -> dict[tuple[object, ...], tuple[int, Decimal, Decimal]]:
    """Count the same in Python, invoice by invoice."""
    found: dict[tuple[object, ...], tuple[int, Decimal, Decimal]] = {}
    for invoice in Invoice.objects.filter(device=device).exclude(number="").prefetch_related("lines"):
        word = ("negative" if invoice.total < 0 else "positive") + ("_void" if invoice.state == "voided" else "")
        by_rate = {ALL_RATES: (1, invoice.amount, invoice.tax)}
        for each in invoice.lines.all():
            _, amount, tax = by_rate.get(each.rate, (1, Decimal(0), Decimal(0)))
            by_rate[each.rate] = (1, amount + each.amount, tax + each.tax)
        for rate, values in by_rate.items():
            key = (invoice.dated_on.replace(day=1), invoice.kind, rate, word)
            before = found.get(key, (0, Decimal(0), Decimal(0)))
            found[key] = (before[0] + values[0], before[1] + values[1], before[2] + values[2])
    return found


@pytest.mark.django_db(transaction=True)
def test_parallel_issuing_voiding_and_failing_leaves_no_drift() -> None:
    seller = MembershipFactory(issuer=True)
    devices = [DeviceFactory(taxpayer=seller.taxpayer) for _ in range(2)]
    barrier, failures = threading.Barrier(4), []

    def work(index: int) -> None:
        place = {"taxpayer": seller.taxpayer, "device": devices[index % 2], "drawer": seller.user}
        lines = [line("10.00", "6", name="乙"), line("20.00", "13", name="甲")]
        try:
            barrier.wait(timeout=20)
            for turn in range(6):
                IssuedInvoiceFactory(**place, lines=lines[:: -1 if index > 1 else 1])
                VoidedInvoiceFactory(**place, buyer_name=f"买方 {turn % 2}")
                with transaction.atomic():
                    IssuedInvoiceFactory(**place, lines=lines)
                    transaction.set_rollback(True)
        except Exception as error:  # noqa: BLE001  (handed to the test)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert totals_of(seller.taxpayer, device=devices[0])[TotalKind.POSITIVE][0] == 12
    assert_no_drift()


@pytest.mark.django_db
def test_the_command_finds_drift_says_so_and_mends_it() -> None:
    invoice = IssuedInvoiceFactory()
    MonthTotal.objects.filter(taxpayer=invoice.taxpayer, rate=ALL_RATES).update(count=7)
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("rebuild_rollups", "--check", stdout=out)
    assert stop.value.code == 2
    assert "invoicing_monthtotal: 2 rows, 2 rows differ" in out.getvalue()

    call_command("rebuild_rollups", stdout=out)
    assert totals_of(invoice.taxpayer)[TotalKind.POSITIVE][0] == 1
    call_command("rebuild_rollups", "--check", stdout=out)
    assert out.getvalue().count("equal to the invoices") == 3 + 8
