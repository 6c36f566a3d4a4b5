"""Difference taxation, zero-rate marks and the list of goods, against an independent calculation with fractions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.models import Device, DeviceAuthorisation
from invoicing import rules, selectors, services
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.errors import InvoiceProblemsError
from invoicing.face import LINES_ON_FACE, face_of
from invoicing.models import Invoice
from invoicing.rules import amounts
from taxhall.common.errors import InvalidInputError
from tests.harness.clients import HallClient
from tests.invoicing.conftest import LINE
from tests.invoicing.pages import form_data, text_of
from tests.invoicing.test_rules_amounts import RATES, cents, in_cents

TAXED = sorted(rate for rate, percent in RATES.items() if percent)


@given(st.integers(2, 10**11), st.fractions(0, 1), st.sampled_from(TAXED))
def test_only_the_difference_is_taxed(gross: int, share: Fraction, rate: str) -> None:
    off = int(gross * share)
    amount, tax = amounts.difference_amounts(gross=Decimal(gross) / 100, deduction=Decimal(off) / 100, rate=rate)

    assert in_cents(tax) == cents(Fraction(gross - off, 100) * RATES[rate] / (100 + RATES[rate]))
    assert in_cents(amount) + in_cents(tax) == gross


def test_without_a_deduction_the_difference_is_the_whole() -> None:
    whole = rules.line_amounts(entered=Decimal("1000.00"), rate="6", is_tax_inclusive=True)

    assert amounts.difference_amounts(gross=Decimal("1000.00"), deduction=Decimal(0), rate="6") == whole


@pytest.mark.parametrize(
    ("remark", "deduction", "expected"),
    [
        ("", "300", "差额征税:扣除额300.00。"),
        ("合同 7 号", "300", "差额征税:扣除额300.00。合同 7 号"),
        ("差额征税:扣除额200.00。合同 7 号", "300", "差额征税:扣除额300.00。合同 7 号"),
        ("差额征税:扣除额200.00。合同 7 号", None, "合同 7 号"),
    ],
)
def test_the_remark_begins_as_the_law_wants_once(remark: str, deduction: str | None, expected: str) -> None:
    value = None if deduction is None else Decimal(deduction)

    assert rules.difference_remark(remark, value) == expected
    assert rules.difference_remark(expected, value) == expected


GOOD = InvoiceDraft(
    kind="007",
    buyer_name="个人",
    is_tax_inclusive=True,
    deduction=Decimal("300.00"),
    lines=(LineDraft(name="*劳务派遣*服务", rate="3", amount=Decimal("1000.00")),),
)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": GOOD.lines * 2}, "difference.one_line"),
        ({"lines": (replace(GOOD.lines[0], discount=Decimal(1)),)}, "difference.one_line"),
        ({"is_tax_inclusive": False}, "difference.not_inclusive"),
        ({"deduction": Decimal("1000.00")}, "difference.deduction_range"),
        ({"deduction": Decimal("0")}, "difference.deduction_range"),
        ({"lines": (replace(GOOD.lines[0], rate="exempt"),)}, "difference.not_taxed"),
    ],
)
def test_what_does_not_go_with_a_deduction_is_named(changes: dict[str, object], code: str) -> None:
    from invoicing.rules.difference import difference_problems

    assert [each.code for each in difference_problems(GOOD)] == []
    assert code in {each.code for each in difference_problems(replace(GOOD, **changes))}


def test_a_difference_invoice_is_written_issued_and_shown(
    enrolled: Device, seller_client: HallClient, issued: Callable[..., Invoice]
) -> None:
    invoice = issued(is_tax_inclusive=True, deduction=Decimal("300.00"), remark="合同 7 号")

    assert (invoice.total, invoice.tax) == (Decimal("1000.00"), Decimal("6.93"))
    assert invoice.remark == "差额征税:扣除额300.00。合同 7 号"
    assert [row.rate for row in face_of(invoice).rows] == ["***"]
    (unit,) = selectors.red_units(invoice)
    assert unit.is_whole_only
    assert [each.code for each in rules.choice_problems([unit], {unit.line: Decimal(1)})] == ["red.whole_only"]


def test_a_deduction_in_the_form_is_saved_and_comes_back(enrolled: Device, seller_client: HallClient) -> None:
    page = seller_client.post("/invoices/new/", form_data(is_tax_inclusive="on", deduction="300"), follow=True)

    assert page.context["form"]["deduction"].value() == Decimal("300.00")
    assert Invoice.objects.get().remark.startswith("差额征税:扣除额300.00")
    assert "差额征税:扣除额300.00" in text_of(page)


def test_a_deduction_above_the_price_is_not_even_saved(save: Callable[..., Invoice]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        save(is_tax_inclusive=True, deduction=Decimal("1000.01"))
    assert refused.value.fields["deduction"]


def test_a_difference_with_two_lines_is_not_issued(order: Callable[..., Invoice]) -> None:
    with pytest.raises(InvoiceProblemsError) as refused:
        order(is_tax_inclusive=True, deduction=Decimal("300.00"), lines=(LINE, LINE))
    assert "difference.one_line" in {each.code for each in refused.value.problems}


@pytest.mark.parametrize(
    ("rate", "is_export", "mark", "preference"),
    [
        ("0", True, "0", "出口零税"),
        ("0", False, "3", ""),
        ("exempt", False, "1", "免税"),
        ("untaxed", False, "2", "不征税"),
        ("13", True, "", ""),
    ],
)
def test_the_zero_rate_mark_says_why_there_is_no_tax(rate: str, is_export: bool, mark: str, preference: str) -> None:
    marks = rules.rate_marks(rate=rate, taxpayer_kind="general", is_export=is_export)

    assert (marks.zero_mark, marks.preference) == (mark, preference)
    assert rules.zero_mark(rate=rate, is_export=is_export) == mark


def test_the_mark_is_kept_with_the_line_and_comes_back(save: Callable[..., Invoice], enrolled: Device) -> None:
    DeviceAuthorisation.objects.filter(device=enrolled).update(rates=["1", "0"])
    lines = (replace(LINE, rate="0", is_export=True), replace(LINE, rate="0"), replace(LINE, is_export=True))
    invoice = save(lines=lines)

    assert [line.zero_mark for line in invoice.lines.all()] == ["0", "3", ""]
    assert [line.is_export for line in services.draft_of(invoice).lines] == [True, False, False]


@pytest.mark.parametrize(("kind", "has_annex"), [("007", True), ("004", True), ("026", False)])
def test_more_lines_than_the_paper_holds_go_to_a_list(save: Callable[..., Invoice], kind: str, has_annex: bool) -> None:
    small = replace(LINE, price=Decimal("10.00"))
    assert not face_of(save(kind=kind, lines=(small,) * LINES_ON_FACE)).annex
    invoice = save(kind=kind, lines=(small,) * (LINES_ON_FACE + 1))
    face = face_of(invoice)

    assert bool(face.annex) == has_annex
    if has_annex:
        assert [row.name for row in face.rows] == ["(详见销货清单)"]
        assert (face.rows[0].amount, face.rows[0].tax, face.rows[0].rate) == (invoice.amount, invoice.tax, "1%")
        assert len(face.annex) == LINES_ON_FACE + 1
