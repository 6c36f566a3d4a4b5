"""The small-scale return, line by line, against figures worked out by hand (domain notes 3.5)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from filing.rules.computation import Sheet
from tests.filing.sheets import sheet, values


def check(found_sheet: Sheet, expected: dict[str, str]) -> None:
    assert values(found_sheet, *expected) == {name: Decimal(text) for name, text in expected.items()}


def test_example_a_special_invoices_are_taxed_and_the_rest_is_exempt() -> None:
    found = sheet({"sales.ordinary.1.services": "200000", "sales.special.1.services": "50000"})
    check(
        found,
        {
            "main.1.services": "50000", "main.2.services": "50000", "main.3.services": "0", "main.9.services": "200000",
            "main.10.services": "200000", "main.11.services": "0", "main.15.services": "1500",
            "main.16.services": "1000", "main.17.services": "6000", "main.18.services": "6000",
            "main.19.services": "0", "main.20.services": "500", "main.22.services": "500", "main.23.total": "17.50",
            "main.24.total": "0", "main.25.total": "0", "sales.20.total": "250000",
        },
    )  # fmt: skip
    assert found.tax_due == Decimal("517.50")
    assert found.problems == ()


def test_example_b_over_the_threshold_everything_is_taxed_at_one_percent() -> None:
    found = sheet({"sales.ordinary.1.services": "400000"})
    check(
        found,
        {
            "main.1.services": "400000", "main.2.services": "0", "main.3.services": "400000", "main.9.services": "0",
            "main.15.services": "12000", "main.16.services": "8000", "main.17.services": "0",
            "main.22.services": "4000", "main.23.total": "140.00", "main.24.total": "60.00", "main.25.total": "40.00",
        },
    )  # fmt: skip
    assert found.tax_due == Decimal("4240.00")


def test_an_individual_business_fills_line_11_instead_of_10() -> None:
    found = sheet({"sales.ordinary.1.goods": "120000", "is_individual": "1"})
    check(
        found,
        {
            "main.9.goods": "120000", "main.10.goods": "0", "main.11.goods": "120000", "main.17.goods": "3600",
            "main.18.goods": "0", "main.19.goods": "3600", "main.22.goods": "0",
        },
    )  # fmt: skip
    assert found.tax_due == 0


def test_sales_of_exactly_the_threshold_are_exempt() -> None:
    found = sheet({"sales.ordinary.1.goods": "100000.00"}, threshold="100000")
    check(found, {"main.10.goods": "100000", "main.1.goods": "0", "main.22.goods": "0"})


def test_one_cent_over_the_threshold_is_taxed() -> None:
    found = sheet({"sales.ordinary.1.goods": "100000.01"}, threshold="100000", education_exemption="100000")
    # 100,000.01 x 3% = 3,000.0003 -> 3,000.00; x 2% = 2,000.0002 -> 2,000.00
    check(
        found,
        {
            "main.10.goods": "0", "main.1.goods": "100000.01", "main.15.goods": "3000.00", "main.16.goods": "2000.00",
            "main.22.goods": "1000.00", "main.23.total": "35.00", "main.24.total": "15.00", "main.25.total": "10.00",
        },
    )  # fmt: skip


def test_the_threshold_counts_both_columns_special_invoices_and_sales_without_invoice() -> None:
    found = sheet(
        {"sales.ordinary.1.goods": "40000", "sales.ordinary.1.services": "30000", "sales.special.1.goods": "20000"},
        {"sales.8.services": "10000.01"},
        threshold="100000",
    )
    # 40,000 + 30,000 + 20,000 + 10,000.01 = 100,000.01: over, all taxed
    check(
        found,
        {
            "sales.20.total": "100000.01", "main.1.goods": "60000", "main.1.services": "40000.01",
            "main.3.services": "30000", "main.9.goods": "0", "main.22.goods": "600", "main.22.services": "400.00",
        },
    )  # fmt: skip


def test_a_special_invoice_at_three_percent_gets_no_reduction() -> None:
    found = sheet({"sales.special.3.goods": "10000"})
    check(found, {"main.1.goods": "10000", "main.15.goods": "300", "main.16.goods": "0", "main.22.goods": "300"})
    # 300 x 7% = 21.00, halved 10.50; both education levies exempt under 300,000
    check(found, {"main.23.total": "10.50", "main.24.total": "0", "main.25.total": "0"})


def test_special_invoices_at_both_rates_are_reduced_for_the_one_percent_part_only() -> None:
    found = sheet({"sales.special.1.services": "100", "sales.special.3.services": "200"})
    # 300 x 3% = 9.00; 100 x 2% = 2.00
    check(found, {"main.2.services": "300", "main.15.services": "9", "main.16.services": "2", "main.22.services": "7"})


def test_nothing_sold_is_a_zero_return_without_problems() -> None:
    found = sheet({})
    assert all(each.amount == 0 for key, each in found.cells.items() if key.schedule == "main")
    assert found.tax_due == 0
    assert found.problems == ()


def test_red_invoices_make_the_sums_smaller() -> None:
    found = sheet({"sales.ordinary.1.services": "-500", "sales.special.1.services": "1000"})
    check(found, {"sales.20.total": "500", "main.10.services": "-500", "main.22.services": "10"})
    assert found.mandatory_problems == ()


def test_immovable_property_is_taken_out_when_it_alone_exceeds_the_threshold() -> None:
    # Q: 250,000 services and 200,000 immovable at 3%: 450,000 > 300,000, without it 250,000 <= 300,000
    found = sheet(
        {
            "sales.ordinary.1.services": "250000", "sales.ordinary.3.services": "200000",
            "sales.ordinary.immovable_3.services": "200000",
        }
    )  # fmt: skip
    check(
        found,
        {
            "sales.23.total": "1", "main.10.services": "250000", "main.1.services": "200000",
            "main.15.services": "6000", "main.16.services": "0", "main.22.services": "6000", "main.23.total": "210.00",
            "main.24.total": "90.00", "main.25.total": "60.00",
        },
    )  # fmt: skip


def test_used_fixed_assets_are_taxed_at_two_percent_over_the_threshold() -> None:
    found = sheet({"sales.ordinary.3.goods": "400000"}, {"sales.9.goods": "100000"})
    # line 3: 300,000 x 3% = 9,000; line 7: 100,000 x 3% = 3,000 less 1% = 1,000
    check(
        found,
        {
            "main.3.goods": "300000", "main.7.goods": "100000", "main.8.goods": "100000", "main.15.goods": "12000",
            "main.16.goods": "1000", "main.22.goods": "11000", "reliefs.3.2": "1000", "reliefs.1.4": "1000",
        },
    )  # fmt: skip


def test_the_five_percent_levy_of_2025_fills_lines_4_to_6() -> None:
    found = sheet({"sales.special.5.services": "100000", "sales.ordinary.5.services": "300000"}, levy_5="0.05")
    check(
        found,
        {
            "main.4.services": "400000", "main.5.services": "100000", "main.6.services": "300000",
            "main.15.services": "20000", "main.16.services": "0", "main.22.services": "20000",
        },
    )  # fmt: skip


def test_five_percent_sales_without_a_policy_are_a_mandatory_problem() -> None:
    found = sheet({"sales.special.5.services": "100"})
    assert [each.code for each in found.mandatory_problems] == ["T08"]


def test_exempt_invoices_over_the_threshold_go_to_line_12() -> None:
    found = sheet({"sales.ordinary.1.goods": "300000", "sales.ordinary.exempt.goods": "50000"})
    check(
        found,
        {
            "main.12.goods": "50000", "main.10.goods": "0", "main.9.goods": "50000", "main.17.goods": "1500",
            "main.1.goods": "300000", "main.22.goods": "3000",
        },
    )  # fmt: skip


def test_waived_exemption_taxes_just_that_part() -> None:
    found = sheet({"sales.ordinary.1.services": "80000"}, {"sales.16.services": "30000"})
    check(
        found,
        {
            "main.10.services": "50000", "main.3.services": "30000", "main.15.services": "900",
            "main.16.services": "600", "main.22.services": "300",
        },
    )  # fmt: skip


def test_prepaid_tax_lowers_what_is_due_and_may_lead_to_a_refund() -> None:
    found = sheet({"sales.special.1.services": "10000", "prepaid.services": "150"})
    check(
        found, {"main.20.services": "100", "main.21.services": "150", "main.22.services": "-50", "main.23.total": "0"}
    )
    assert found.tax_due == Decimal("-50.00")
    assert [each.code for each in found.problems] == ["H02"]


@pytest.mark.parametrize(("rate", "due"), [("0.07", "140.00"), ("0.05", "100.00"), ("0.01", "20.00")])
def test_city_maintenance_tax_follows_the_area_and_is_halved(rate: str, due: str) -> None:
    found = sheet({"sales.ordinary.1.services": "400000"}, city=rate)
    check(found, {"main.23.total": due})


def test_without_the_halving_policy_surcharges_are_whole() -> None:
    found = sheet({"sales.ordinary.1.services": "400000"}, halving="0")
    check(found, {"main.23.total": "280.00", "main.24.total": "120.00", "main.25.total": "80.00"})


def test_the_year_to_date_adds_the_period_before() -> None:
    found = sheet({"sales.special.1.goods": "1000"}, previous={"main.1.ytd_goods": "5000", "main.20.ytd_goods": "50"})
    check(found, {"main.1.ytd_goods": "6000", "main.20.ytd_goods": "60"})


def test_a_changed_prefilled_number_needs_a_reason() -> None:
    without = sheet({"sales.special.1.goods": "1000"}, {"sales.1.goods": "1200"})
    assert [each.code for each in without.mandatory_problems] == ["reason"]
    with_reason = sheet({"sales.special.1.goods": "1000"}, {"sales.1.goods": ("1200", "代开专用发票 200 元")})
    assert with_reason.mandatory_problems == ()
    check(with_reason, {"main.2.goods": "1200", "main.22.goods": "12"})


def test_computed_cells_cannot_be_entered() -> None:
    found = sheet({"sales.special.1.goods": "1000"}, {"main.15.goods": ("1", "想少缴")})
    check(found, {"main.15.goods": "30"})


def test_a_negative_number_is_refused_where_only_sales_without_invoice_may_be_negative() -> None:
    assert [each.code for each in sheet({}, {"sales.11.goods": "-1"}).mandatory_problems] == ["negative"]
    assert [each.code for each in sheet({}, {"sales.8.goods": "-1"}).problems] == ["H01"]


def test_a_reduction_larger_than_the_tax_is_a_mandatory_problem() -> None:
    found = sheet({"sales.special.1.goods": "1000"}, {"main.16.goods": ("31", "误填")})
    assert [each.code for each in found.mandatory_problems] == ["T03"]


def test_sales_at_a_rate_that_the_form_does_not_know_stop_filing() -> None:
    assert [each.code for each in sheet({"unsupported_sales": "100"}).mandatory_problems] == ["T09"]


def test_the_digest_changes_with_any_cell_and_any_reason() -> None:
    first = sheet({"sales.special.1.goods": "1000"})
    assert first.digest == sheet({"sales.special.1.goods": "1000"}).digest
    assert first.digest != sheet({"sales.special.1.goods": "1000.01"}).digest
    changed = {"sales.1.goods": ("1200", "甲")}
    other = {"sales.1.goods": ("1200", "乙")}
    assert sheet({}, changed).digest != sheet({}, other).digest
