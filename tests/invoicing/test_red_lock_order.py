"""Two red invoices of one blue one, at the same moment: nobody is killed by a deadlock."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection

from accounts.models import Membership
from invoicing import services
from invoicing.models import Invoice
from invoicing.services import red as red_services
from tests.devices.test_lock_order import wait_until_another_waits

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20.0
Beside = Callable[[Invoice, Callable[[], Any]], dict[str, Any]]


@pytest.fixture
def beside(seller: Membership, monkeypatch: pytest.MonkeyPatch) -> Beside:
    """Return a function that has a colleague draft another red one while some work goes on on the disk."""
    has_blue, may_go_on = threading.Event(), threading.Event()
    require = red_services.require_possible
    outcome: dict[str, Any] = {}

    def pause(*given: Any) -> None:
        has_blue.set()
        may_go_on.wait(PATIENCE)
        require(*given)

    def run(name: str, work: Callable[[], Any]) -> None:
        try:
            outcome[name] = work()
        except DatabaseError as error:
            outcome[name] = error
        finally:
            connection.close()

    def draft(blue: Invoice) -> Invoice:
        chosen = {blue.lines.get().pk: Decimal("300.00")}
        return services.draft_red(actor=seller.user, blue=blue, reason="return", key=uuid.uuid4(), chosen=chosen)

    def both(blue: Invoice, work: Callable[[], Any]) -> dict[str, Any]:
        monkeypatch.setattr(red_services, "require_possible", pause)
        threads = [threading.Thread(target=run, args=("draft", lambda: draft(blue)))]
        threads[0].start()
        assert has_blue.wait(PATIENCE)
        threads.append(threading.Thread(target=run, args=("work", work)))
        threads[1].start()
        # It holds the disk and stands before the blue invoice.
        wait_until_another_waits()
        may_go_on.set()
        for thread in threads:
            thread.join(PATIENCE)
        return outcome

    return both


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("is_asked", [False, True], ids=["issuing", "recording"])
def test_a_red_one_is_drafted_while_another_goes_to_the_disk(
    issued: Callable[..., Invoice],
    red: Callable[..., Invoice],
    seller: Membership,
    beside: Beside,
    is_asked: bool,
) -> None:
    blue = issued()
    first = red(blue, chosen={blue.lines.get().pk: Decimal("500.00")})

    def issue() -> Any:
        return services.issue_invoice(actor=seller.user, invoice=first, key="one")

    if is_asked:
        issue()
    outcome = beside(blue, (lambda: services.perform_issue(invoice_id=first.pk)) if is_asked else issue)
    assert not [each for each in outcome.values() if isinstance(each, DatabaseError)]
    assert len(outcome) == 2
