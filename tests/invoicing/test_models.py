"""The database refuses what the services would never do: raw updates included."""

from __future__ import annotations

import itertools

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from invoicing.choices import TRANSITIONS, InvoiceState
from invoicing.models import Invoice, InvoiceLine
from tests.factories.invoicing import (
    InDoubtInvoiceFactory,
    InvoiceFactory,
    IssuedInvoiceFactory,
    IssuingInvoiceFactory,
    VoidedInvoiceFactory,
    line,
)

pytestmark = pytest.mark.django_db
FACTORIES = {
    InvoiceState.DRAFT: InvoiceFactory,
    InvoiceState.ISSUING: IssuingInvoiceFactory,
    InvoiceState.ISSUED: IssuedInvoiceFactory,
    InvoiceState.VOIDED: VoidedInvoiceFactory,
    InvoiceState.IN_DOUBT: InDoubtInvoiceFactory,
}


def refused(invoice: Invoice, **changes: object) -> bool:
    try:
        with transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**changes)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(FACTORIES, 2)))
def test_a_state_moves_only_as_listed(source: str, target: str) -> None:
    invoice = FACTORIES[source]()
    if (source, target) not in set(TRANSITIONS):
        assert refused(invoice, state=target)


def test_doubt_ends_in_the_draft_without_a_second_order() -> None:
    invoice = InDoubtInvoiceFactory()
    assert refused(invoice, state=InvoiceState.ISSUING)
    assert not refused(invoice, state=InvoiceState.DRAFT)


@pytest.mark.parametrize("factory", [IssuingInvoiceFactory, IssuedInvoiceFactory, InDoubtInvoiceFactory])
@pytest.mark.parametrize(
    "change", [{"buyer_name": "别人"}, {"seller_number": "9" * 18}, {"tax": 0, "total": F("amount")}, {"kind": "004"}]
)
def test_parties_and_money_are_frozen_once_the_disk_was_asked(factory: type, change: dict[str, object]) -> None:
    assert refused(factory(), **change)


@pytest.mark.parametrize("change", [{"number": "99999999"}, {"code": "1" * 12}, {"check_code": "0"}, {"counter": 9}])
def test_what_the_disk_printed_never_changes(change: dict[str, object]) -> None:
    assert refused(IssuedInvoiceFactory(), **change)


def test_lines_are_frozen_with_their_invoice() -> None:
    invoice = IssuedInvoiceFactory()
    for act in (
        lambda: InvoiceLine.objects.filter(invoice=invoice).update(amount=1),
        lambda: InvoiceLine.objects.filter(invoice=invoice).delete(),
        lambda: InvoiceLine.objects.create(invoice=invoice, position=9, **line()),
        lambda: InvoiceLine.objects.filter(invoice=invoice).update(invoice=InvoiceFactory()),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


@pytest.mark.parametrize("factory", [IssuingInvoiceFactory, IssuedInvoiceFactory, VoidedInvoiceFactory])
def test_only_a_draft_is_removed(factory: type) -> None:
    invoice = factory()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM invoicing_invoice WHERE id = %s", [invoice.pk])
    InvoiceFactory().delete()


def test_a_number_is_given_once() -> None:
    IssuedInvoiceFactory(code="061002600104", number="00000001")

    with pytest.raises(IntegrityError), transaction.atomic():
        IssuedInvoiceFactory(code="061002600104", number="00000001")


def test_a_draft_has_no_number_and_an_issued_invoice_has_one() -> None:
    assert refused(InvoiceFactory(), code="061002600104", number="00000002")
    assert refused(IssuingInvoiceFactory(), state=InvoiceState.ISSUED)


def test_totals_add_up() -> None:
    assert refused(InvoiceFactory(), total=1)
