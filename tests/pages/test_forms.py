"""What the hall's form fields forgive and what they say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError

from taxhall.common.errors import InvalidInputError, TaxhallError
from taxhall.common.forms import HallForm, MoneyFormField, PeriodFormField
from taxhall.common.periods import TaxPeriod


class Sample(HallForm):
    """One field of each sort."""

    name = forms.CharField(label="名称", max_length=3)
    kind = forms.ChoiceField(label="类型", choices=[("a", "甲")])
    paper = forms.FileField(label="材料")
    agreed = forms.BooleanField(label="同意")
    note = forms.CharField(label="备注", required=False, error_messages={"max_length": "太长"})


def test_missing_values_are_told_what_to_do() -> None:
    errors = Sample({}, {}).errors
    assert errors["name"] == ["请填写名称"]
    assert errors["kind"] == ["请选择类型"]
    assert errors["paper"] == ["请选择要上传的材料"]
    assert errors["agreed"] == ["请先勾选：同意"]


def test_too_long_says_how_long_it_may_be() -> None:
    assert Sample({"name": "一二三四"}).errors["name"] == ["名称最多 3 个字，请缩短后再试"]


def test_words_the_form_declared_itself_stay() -> None:
    class Own(HallForm):
        name = forms.CharField(label="名称", error_messages={"required": "请给出名称再继续"})

    assert Own({}).errors["name"] == ["请给出名称再继续"]


def test_an_optional_field_says_so_and_a_needed_one_does_not() -> None:
    form = Sample()
    assert "（选填）" in form["note"].as_field_group()
    assert "（选填）" not in form["name"].as_field_group()


def test_a_wrong_field_points_to_its_message() -> None:
    html = Sample({})["name"].as_field_group()
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_error"' in html
    assert 'id="id_name_error"' in html


@pytest.mark.parametrize("typed", ["1,234.5", " 1234.50 ", "￥1，234.50", "1 234.50 元"])
def test_an_amount_forgives_signs_and_commas(typed: str) -> None:
    assert MoneyFormField(label="金额").clean(typed) == Decimal("1234.50")


@pytest.mark.parametrize("typed", ["1.234", "十元", "1.2.3", "9" * 20])
def test_an_amount_forgives_nothing_else(typed: str) -> None:
    with pytest.raises(ValidationError, match="金额"):
        MoneyFormField(label="金额").clean(typed)


@pytest.mark.parametrize("typed", ["2026-10", "2026年10月", "202610", "2026 / 10", "2026.10"])
def test_a_period_is_read_as_people_write_it(typed: str) -> None:
    assert PeriodFormField(label="所属期").clean(typed) == TaxPeriod.month(2026, 10)


@pytest.mark.parametrize("typed", ["2026-13", "26-10", "十月"])
def test_a_month_that_does_not_exist_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="例如 2026-10"):
        PeriodFormField(label="所属期").clean(typed)


def test_what_a_service_refused_stands_beside_the_field_it_names() -> None:
    form = Sample({})
    form.is_valid()
    form.add_domain_error(InvalidInputError("不行", fields={"name": ["名称已被使用"], "elsewhere": ["别处有误"]}))
    assert "名称已被使用" in form.errors["name"]
    assert "别处有误" in form.non_field_errors()


def test_a_refusal_without_fields_stands_above_the_form_with_its_next_step() -> None:
    form = Sample({})
    form.is_valid()
    form.add_domain_error(TaxhallError("没有办成。", next_step="请稍后再试。"))
    assert form.non_field_errors() == ["没有办成。请稍后再试。"]
