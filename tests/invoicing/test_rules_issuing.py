"""Everything that keeps an invoice from being issued, each with its place and its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.choices import TaxpayerKind
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.rules import IssuingTerms, Problem, check_draft, rate_marks
from invoicing.rules.catalogue import CodeFacts, catalogue_advice, completed_name, with_short_name
from invoicing.rules.lengths import gbk_length
from invoicing.rules.marks import is_leaf_shaped

LINE = LineDraft(name="*信息技术服务*软件维护", tax_code="3040203000000000000", rate="1", amount=Decimal("1000.00"))
ORDINARY = InvoiceDraft(kind="007", buyer_name="西安买方示例有限公司", buyer_number="91610131MA6TEKT0XE", lines=(LINE,))
SPECIAL = replace(ORDINARY, kind="004", buyer_address="西安市高新区 1 号 029-1", buyer_bank="示例银行 6100")
TERMS = IssuingTerms(
    taxpayer_kind=TaxpayerKind.SMALL_SCALE,
    today=date(2026, 11, 16),
    is_authorised=True,
    rates=frozenset({"1", "3", "5", "exempt", "untaxed"}),
    limit_amount=Decimal("100000.00"),
    remaining=10,
)
GENERAL = replace(TERMS, taxpayer_kind=TaxpayerKind.GENERAL, rates=frozenset({"13", "9", "6", "3", "5", "0"}))


def codes(draft: InvoiceDraft, terms: IssuingTerms = TERMS) -> set[str]:
    return {problem.code for problem in check_draft(draft, terms) if problem.is_blocking}


def only(draft: InvoiceDraft, code: str, terms: IssuingTerms = TERMS) -> Problem:
    found = [problem for problem in check_draft(draft, terms) if problem.code == code]
    assert len(found) == 1
    assert str(found[0].message)
    assert str(found[0].mend)
    return found[0]


def with_line(draft: InvoiceDraft = ORDINARY, **changes: Any) -> InvoiceDraft:
    return replace(draft, lines=(replace(LINE, **changes),))


def test_a_complete_ordinary_and_special_invoice_have_no_problem() -> None:
    assert codes(ORDINARY) == set()
    assert codes(SPECIAL) == set()


@pytest.mark.parametrize("field", ["buyer_number", "buyer_address", "buyer_bank"])
def test_a_special_invoice_needs_all_of_the_buyers_data(field: str) -> None:
    assert only(replace(SPECIAL, **{field: ""}), "buyer.incomplete").field == field


def test_a_special_invoice_is_not_issued_for_exempt_items() -> None:
    assert "line.special_not_for_exempt" in codes(with_line(SPECIAL, rate="exempt"))
    assert codes(with_line(ORDINARY, rate="exempt")) == set()


def test_an_enterprise_gives_its_number_on_an_ordinary_invoice_and_a_person_need_not() -> None:
    assert codes(replace(ORDINARY, buyer_number="")) == {"buyer.number_missing"}
    assert codes(replace(ORDINARY, buyer_name="张三", buyer_number="")) == set()


@pytest.mark.parametrize("number", ["9161", "91610131ma6tekt0xe", "91610131 MA6TEKT0X", "9" * 19])
def test_a_buyers_number_of_another_shape_is_refused(number: str) -> None:
    assert "buyer.number_shape" in codes(replace(ORDINARY, buyer_number=number))


@pytest.mark.parametrize("number", ["6" * 15, "6" * 17, "6" * 20])
def test_older_numbers_of_15_17_and_20_places_are_taken(number: str) -> None:
    assert codes(replace(ORDINARY, buyer_number=number)) == set()


def test_a_wrong_check_digit_is_advice_and_does_not_block() -> None:
    problem = only(replace(ORDINARY, buyer_number="91610131MA6TEKT0XX"), "buyer.number_check_digit")

    assert not problem.is_blocking


@pytest.mark.parametrize("rate", ["13", "9", "6"])
def test_a_small_scale_taxpayer_has_no_general_rates(rate: str) -> None:
    terms = replace(TERMS, rates=frozenset({rate}))

    assert codes(with_line(rate=rate), terms) == {"line.rate_not_for_taxpayer"}


def test_a_general_taxpayer_has_no_one_percent() -> None:
    assert codes(with_line(rate="1"), replace(GENERAL, rates=frozenset({"1"}))) == {"line.rate_not_for_taxpayer"}


def test_three_percent_of_a_small_scale_taxpayer_needs_its_reason() -> None:
    assert only(with_line(rate="3"), "line.rate_reason_missing").field == "lines-0-rate_reason"
    assert codes(with_line(rate="3", rate_reason="waived")) == set()
    assert codes(with_line(rate="3"), GENERAL) == set()


def test_one_percent_ends_with_2027() -> None:
    assert codes(ORDINARY, replace(TERMS, today=date(2027, 12, 31))) == set()
    assert codes(ORDINARY, replace(TERMS, today=date(2028, 1, 1))) == {"line.one_percent_over"}


def test_three_percent_needs_no_reason_once_there_is_no_one_percent_to_decline() -> None:
    assert codes(with_line(rate="3"), replace(TERMS, today=date(2027, 12, 31))) == {"line.rate_reason_missing"}
    assert codes(with_line(rate="3"), replace(TERMS, today=date(2028, 1, 1))) == set()


def test_a_rate_the_disk_is_not_authorised_for_is_refused() -> None:
    assert codes(with_line(rate="5"), replace(TERMS, rates=frozenset({"1"}))) == {"line.rate_not_authorised"}


def test_a_kind_the_disk_is_not_authorised_for_is_refused() -> None:
    terms = replace(TERMS, is_authorised=False, rates=frozenset(), remaining=0, limit_amount=Decimal(0))

    assert codes(ORDINARY, terms) == {"disk.kind_not_authorised"}, "and nothing of its rate"
    assert "增值税普通发票" in str(only(ORDINARY, "disk.kind_not_authorised", terms).message)


def test_refined_oil_is_sold_by_volume_or_weight() -> None:
    oil = {"tax_code": "1070101010200000000", "rate": "1"}
    for unit in ("箱", ""):
        assert codes(with_line(**oil, unit=unit)) == {"line.oil_unit"}
    for unit in ("升", "吨"):
        assert codes(with_line(**oil, unit=unit)) == set()


CATALOGUE = {
    "3040603000000000000": CodeFacts("咨询服务", "咨询服务", ("6",), is_leaf=True),
    "3040200000000000000": CodeFacts("信息技术服务", "信息技术服务", ("6",), is_leaf=False),
}


@pytest.mark.parametrize(
    ("code", "rate", "advice"),
    [
        ("1999999999999999999", "13", ["line.code_unknown"]),
        ("3040603000000000000", "13", ["line.rate_not_of_code"]),
        ("3040603000000000000", "6", []),
        ("3040603000000000000", "1", []),  # a levy rate is the seller's
        ("3040200000000000000", "6", ["line.code_not_leaf"]),
        ("304", "6", []),  # refused anyway
    ],
)
def test_code_and_rate_are_held_against_the_loaded_table_as_advice(code: str, rate: str, advice: list[str]) -> None:
    found = list(catalogue_advice(replace(LINE, tax_code=code, rate=rate), 0, CATALOGUE))

    assert [each.code for each in found] == advice
    assert not any(each.is_blocking for each in found)


def test_a_short_name_is_put_before_a_name_once_and_where_it_has_room() -> None:
    assert with_short_name("咨询", "咨询服务") == with_short_name("*旧*咨询", "咨询服务") == "*咨询服务*咨询"
    assert completed_name("咨询", "咨询服务") == "*咨询服务*咨询"
    for kept in ("*自定*咨询", "", "长" * 45):
        assert completed_name(kept, "咨询服务") == kept


def test_an_empty_stock_is_refused() -> None:
    assert codes(ORDINARY, replace(TERMS, remaining=0)) == {"disk.stock_empty"}


@pytest.mark.parametrize(("amount", "is_refused"), [("99999.99", False), ("100000.00", True)])
def test_the_limit_itself_must_not_be_reached(amount: str, is_refused: bool) -> None:
    assert ("disk.over_limit" in codes(with_line(amount=Decimal(amount)))) is is_refused


def test_the_limit_is_measured_without_tax() -> None:
    draft = replace(with_line(amount=Decimal("100500.00")), is_tax_inclusive=True)

    assert codes(draft) == set()


def test_offline_ceilings_are_held() -> None:
    counted = replace(TERMS, offline_count=5, offline_count_limit=5)
    summed = replace(TERMS, offline_amount=Decimal("9000.01"), offline_amount_limit=Decimal("10000.00"))

    assert codes(ORDINARY, counted) == {"disk.offline_count"}
    assert codes(ORDINARY, summed) == {"disk.offline_amount"}
    assert codes(ORDINARY, replace(summed, offline_amount=Decimal("9000.00"))) == set()


@pytest.mark.parametrize(
    ("tax_code", "is_leaf"),
    [
        ("1090304000000000000", True),
        ("3040502020301000000", True),
        ("1010101020000000000", True),
        ("6010000000000000000", True),
        ("1000000000000000000", False),
        ("7010000000000000000", False),
        ("1010001000000000000", False),
        ("109030400000000000", False),
        ("109030400000000000x", False),
        ("", False),
    ],
)
def test_a_commodity_code_has_the_shape_of_a_leaf(tax_code: str, is_leaf: bool) -> None:
    assert is_leaf_shaped(tax_code) is is_leaf
    assert ("line.tax_code_shape" in codes(with_line(tax_code=tax_code, rate="1"))) is not is_leaf


def test_untaxed_items_and_codes_of_section_six_go_together() -> None:
    untaxed = "6010000000000000000"

    assert codes(with_line(tax_code=untaxed, rate="untaxed")) == set()
    assert codes(with_line(tax_code=untaxed, rate="1")) == {"line.code_and_rate_differ"}
    assert codes(with_line(rate="untaxed")) == {"line.code_and_rate_differ"}


def test_lengths_are_counted_in_gbk_bytes() -> None:
    assert gbk_length("西安ab") == 6
    assert codes(replace(ORDINARY, buyer_name="西" * 50)) == set()
    assert only(replace(ORDINARY, buyer_name="西" * 50 + "a"), "text.too_long").field == "buyer_name"
    assert only(with_line(name="货" * 47), "text.too_long").field == "lines-0-name"


def test_a_character_without_a_place_in_gbk_is_named() -> None:
    assert "😀" in str(only(replace(ORDINARY, remark="谢谢😀"), "text.outside_gbk").message)


def test_quantity_and_price_come_together_and_agree_with_the_amount() -> None:
    assert codes(with_line(quantity=Decimal(2))) == {"line.quantity_or_price_missing"}
    assert codes(with_line(quantity=Decimal(2), price=Decimal("499.99"))) == {"line.product_differs"}
    assert codes(with_line(quantity=Decimal(2), price=Decimal(500))) == set()


def test_a_discount_is_not_larger_than_its_line() -> None:
    assert codes(with_line(discount=Decimal("999.99"))) == set()
    assert "line.discount_too_large" in codes(with_line(discount=Decimal("1000.01")))
    assert "line.discount_too_large" in codes(with_line(discount=Decimal("-1.00")))
    assert codes(with_line(discount=Decimal("1000.00"))) == {"lines.sum_zero"}


def test_an_invoice_has_at_least_one_line_and_as_many_as_its_kind_holds() -> None:
    assert codes(replace(ORDINARY, lines=())) == {"lines.none", "lines.sum_zero"}
    assert codes(replace(ORDINARY, lines=(replace(LINE, amount=Decimal(1)),) * 100)) == set()
    many = (replace(LINE, amount=Decimal(1)),)
    assert codes(replace(ORDINARY, kind="026", lines=many * 101)) == {"lines.too_many"}
    assert codes(replace(ORDINARY, kind="025", lines=many * 7)) == {"lines.too_many"}
    assert codes(replace(ORDINARY, lines=many * 101)) == set(), "paper goes on in its list of goods"


def test_the_disks_own_problems_come_first() -> None:
    locked = Problem("disk.locked", "device", "已到开票截止日期。", "请先完成清卡。")

    assert check_draft(ORDINARY, replace(TERMS, device_problems=(locked,)))[0] is locked


def test_flags_follow_the_rate() -> None:
    assert rate_marks(rate="exempt", taxpayer_kind="small_scale").zero_mark == "1"
    assert rate_marks(rate="untaxed", taxpayer_kind="small_scale").zero_mark == "2"
    assert rate_marks(rate="0", taxpayer_kind="general").zero_mark == "3"
    assert rate_marks(rate="3", taxpayer_kind="general").preference == "按3%简易征收"
    assert not rate_marks(rate="1", taxpayer_kind="small_scale").has_preference
