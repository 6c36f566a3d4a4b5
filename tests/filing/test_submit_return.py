"""Filing a return: exactly what was shown, once, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEvent, Notice, Taxpayer, User
from filing import selectors, services, signals
from filing.choices import ReturnStatus
from filing.errors import ReturnChangedError, ReturnIncompleteError, ReturnNotDraftError
from filing.models import ReturnReceipt, TaxReturn
from filing.rules.computation import Entry
from filing.rules.definition import CellKey
from taxhall.common.errors import NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def draft(taxpayer: Taxpayer, clerk: User, sell: Callable[..., object]) -> TaxReturn:
    """Return a begun return: 200,000 ordinary, 50,000 special, over the month's threshold."""
    sell("200000.00")
    sell("50000.00", special=True)
    return services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)


def submit(actor: User, draft: TaxReturn, **changes: str) -> TaxReturn:
    """File the draft as it is shown now."""
    known = {"key": str(draft.submit_key), "digest": selectors.current_sheet(draft).digest}
    return services.submit_return(actor=actor, tax_return=draft, **{**known, **changes})


def test_a_filed_return_has_a_receipt_with_its_whole_content(draft: TaxReturn, clerk: User) -> None:
    filed = submit(clerk, draft)
    # 250,000 x 1% = 2,500; surcharges 12% halved = 150
    assert filed.status == ReturnStatus.SUBMITTED
    assert filed.tax_due == Decimal("2650.00")
    receipt = ReturnReceipt.objects.get(tax_return=filed)
    assert receipt.number == filed.receipt_number
    assert receipt.content["cells"]["main.L22[services]"] == "2500.00"
    assert receipt.digest == selectors.current_sheet(filed).digest
    assert not receipt.is_late
    assert AuditEvent.objects.filter(action="filing.return_submitted", object_id=filed.pk).count() == 1
    assert Notice.objects.filter(recipient=filed.taxpayer, kind="filing").count() == 1


def test_the_signal_is_sent_after_commit(draft: TaxReturn, clerk: User, django_capture_on_commit_callbacks) -> None:
    heard: list[TaxReturn] = []

    def listen(tax_return: TaxReturn, **_: object) -> None:
        heard.append(tax_return)

    signals.return_accepted.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=False) as callbacks:
            submit(clerk, draft)
        assert heard == []
        callbacks[0]()
    finally:
        signals.return_accepted.disconnect(listen)
    assert heard == [draft]


def test_the_same_key_again_returns_the_same_receipt(draft: TaxReturn, clerk: User) -> None:
    first = submit(clerk, draft)
    again = submit(clerk, draft)
    assert again.receipt_number == first.receipt_number
    assert ReturnReceipt.objects.count() == 1


def test_another_key_after_filing_is_refused_and_names_the_receipt(draft: TaxReturn, clerk: User) -> None:
    first = submit(clerk, draft)
    with pytest.raises(ReturnNotDraftError, match=first.receipt_number or ""):
        submit(clerk, draft, key="another-key")


def test_figures_that_moved_since_they_were_shown_are_not_filed(
    draft: TaxReturn, clerk: User, sell: Callable[..., object]
) -> None:
    shown = selectors.current_sheet(draft).digest
    sell("10.00")
    with pytest.raises(ReturnChangedError):
        submit(clerk, draft, digest=shown)
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_mandatory_problem_stops_filing_and_names_the_cell(draft: TaxReturn, clerk: User) -> None:
    changed = {CellKey("sales", "1", "services"): Entry(Decimal("60000"))}
    saved = services.save_return(actor=clerk, tax_return=draft, version=draft.version, entries=changed)
    with pytest.raises(ReturnIncompleteError) as caught:
        submit(clerk, saved)
    assert "sales.L1[services]" in caught.value.fields


@pytest.mark.parametrize(("role", "may"), [("legal", True), ("finance", True), ("admin", True), ("issuer", False)])
def test_roles_that_may_file(draft: TaxReturn, role: str, may: bool) -> None:
    actor = MembershipFactory(taxpayer=draft.taxpayer, role=role).user
    if may:
        assert submit(actor, draft).submitted_by == actor
    else:
        with pytest.raises(NotPermittedError):
            submit(actor, draft)


def test_an_outsider_may_not_file(draft: TaxReturn) -> None:
    with pytest.raises(NotPermittedError):
        submit(MembershipFactory(role="legal").user, draft)


def test_filing_after_the_deadline_is_accepted_and_marked(
    draft: TaxReturn, clerk: User, freeze: Callable[[str], datetime]
) -> None:
    freeze("2026-11-17 09:00")
    filed = submit(clerk, draft)
    assert filed.is_late
    assert filed.receipt.is_late
    assert str(filed.due_on) == "2026-11-16"


def test_filing_on_the_last_day_is_in_time(draft: TaxReturn, clerk: User, freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-16 23:59")
    assert not submit(clerk, draft).is_late


def test_the_database_freezes_the_cells_of_a_filed_return(draft: TaxReturn, clerk: User) -> None:
    filed = submit(clerk, draft)
    with pytest.raises(IntegrityError), transaction.atomic():
        filed.lines.filter(schedule="main", line="22").update(value=0)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE filing_taxreturn SET status = 'draft' WHERE id = %s", [filed.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnReceipt.objects.filter(tax_return=filed).update(tax_due=0)


def test_a_filed_return_shows_the_same_figures_after_invoices_change(
    draft: TaxReturn, clerk: User, sell: Callable[..., object]
) -> None:
    filed = submit(clerk, draft)
    sell("99999.00")
    assert selectors.current_sheet(filed).digest == filed.receipt.digest
