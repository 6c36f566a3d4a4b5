"""A company with a disk and digital invoices beside it: the three sides still agree."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest

from clearcard import selectors
from clearcard.choices import CaseStatus
from filing import selectors as filing_selectors
from invoicing import services as invoicing_services
from invoicing.models import Invoice
from taxhall.common.errors import TaxhallError
from tests.clearcard.scene import OCTOBER, Scene
from tests.factories.accounts import OfficerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def digital(scene: Scene) -> Callable[..., Invoice]:
    """Return a function that issues a digital invoice of October."""
    invoicing_services.change_credit(
        actor=OfficerFactory(), taxpayer=scene.taxpayer, kind="periodic", amount=Decimal("90000.00"), reason="首次核定",
        key=uuid.uuid4(),
    )  # fmt: skip

    def issue(price: str, kind: str = "31") -> Invoice:
        return scene.issue(price, kind=kind)

    return issue


def test_disk_ledger_and_return_agree_though_no_disk_counts_them(scene: Scene, digital: Callable[..., Invoice]) -> None:
    digital("700.00")
    digital("300.00", "32")
    scene.month()
    table = selectors.three_way(scene.prepare())

    assert table.agrees, [(row.kind, row.rate, row.likely_cause) for row in table.rows if not row.agrees]
    assert {row.kind for row in table.rows} == {"004", "007"}
    special = next(row for row in table.rows if row.kind == "004")
    assert special.device == special.ledger
    assert special.declared is not None
    assert (special.ledger.amount, special.declared.amount) == (Decimal("2000.00"), Decimal("2700.00"))


def test_what_was_left_off_the_return_is_still_found(scene: Scene, digital: Callable[..., Invoice]) -> None:
    scene.issue("2000.00", kind="004")
    scene.report()
    scene.file()
    scene.freeze("2026-10-30 10:00")
    digital("700.00")
    scene.freeze("2026-11-05 10:00")
    rows = filing_selectors.find_differences(taxpayer=scene.taxpayer, period=OCTOBER).rows
    (row,) = (each for each in rows if each.family == "special")

    assert (row.disk, row.ledger, row.declared) == (Decimal("2700.00"), Decimal("2700.00"), Decimal("2000.00"))
    assert row.disk_gap == 0, "no disk is asked for what it never signed"
    assert row.cause is not None
    table = selectors.three_way(scene.prepare())
    assert not table.agrees


def test_the_comparison_counts_them_as_issued(scene: Scene, digital: Callable[..., Invoice]) -> None:
    digital("700.00")
    scene.month()
    facts = filing_selectors.comparison_facts(taxpayer=scene.taxpayer, period=OCTOBER, tax_return=None)

    assert facts.issued_special == Decimal("2700.00")
    assert facts.issued_ordinary == Decimal("1000.00")


def test_a_clear_goes_its_way(scene: Scene, digital: Callable[..., Invoice]) -> None:
    digital("700.00")
    scene.month()
    case = scene.submit(scene.prepare())

    assert case.status not in (CaseStatus.DRAFT, CaseStatus.RETURNED)
    with pytest.raises(TaxhallError):
        invoicing_services.void_invoice(
            actor=scene.user, invoice=Invoice.objects.get(kind="31"), reason="错", number="1"
        )
