"""Two digital invoices at once, in real threads with connections of their own."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.models import Membership
from invoicing import services
from invoicing.errors import InvoiceProblemsError
from invoicing.models import CreditChange, CreditMonth, Invoice
from tests.clearcard.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_together_they_never_exceed_the_credit_nor_take_one_number(
    transactional_db: None, save: Callable[..., Invoice], credit: CreditChange, seller: Membership
) -> None:
    drafts = [save("2000.00") for _each in range(3)]

    def click(draft: Invoice) -> Callable[[], str]:
        return lambda: services.issue_invoice(actor=seller.user, invoice=draft, key=uuid.uuid4().hex).number

    found = at_once(*(click(draft) for draft in drafts))
    numbers = sorted(each for each in found if isinstance(each, str))
    refused = [each for each in found if isinstance(each, InvoiceProblemsError)]
    assert len(numbers) == 2
    assert int(numbers[1]) - int(numbers[0]) == 1
    assert [each.problems[0].code for each in refused] == ["credit.exceeded"]
    assert CreditMonth.objects.get().used == Decimal("4000.00")
    assert all(check.drifted == 0 for check in services.check_rollups())


def test_one_draft_clicked_in_three_tabs_is_one_number(
    transactional_db: None, save: Callable[..., Invoice], credit: CreditChange, seller: Membership
) -> None:
    draft = save()

    def click() -> str:
        return services.issue_invoice(actor=seller.user, invoice=draft, key=uuid.uuid4().hex).number

    assert len(set(at_once(click, click, click))) == 1
    assert CreditMonth.objects.get().used == Decimal("1000.00")
