"""Money, dates, icons and states as pages write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import lucide
import pytest
from django.template import Context, Template
from django.template.loader import render_to_string

from taxhall.common.forms import HallForm
from taxhall.common.periods import TaxPeriod
from taxhall.common.templatetags import hall

ROOT = Path(__file__).resolve().parents[2]
ICON = re.compile(r"\{% icon \"([a-z0-9-]+)\"")


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("1234.5"), "1,234.50"), (Decimal("-0.005"), "-0.01"), (0, "0.00"), (None, "—"), ("", "—")],
)
def test_money_has_two_decimals_and_thousands(value: object, text: str) -> None:
    assert hall.money(value) == text


@pytest.mark.parametrize(("value", "text"), [("12", "+12.00"), ("-1000", "-1,000.00"), ("0.00", "0.00"), (None, "—")])
def test_a_difference_carries_its_sign(value: object, text: str) -> None:
    assert hall.signed_money(value) == text


def test_a_day_names_its_weekday() -> None:
    assert hall.day(date(2026, 11, 16)) == "2026-11-16（周一）"
    assert hall.day(None) == "—"


def test_a_moment_is_local_time() -> None:
    assert hall.moment(datetime(2026, 11, 16, 6, 2, tzinfo=UTC)) == "2026-11-16 14:02"
    assert hall.moment("2026-11-16T06:02:00+00:00") == "2026-11-16 14:02"
    assert hall.moment("") == "—"


@pytest.mark.parametrize(
    "value", [TaxPeriod.month(2026, 10), "2026-10", date(2026, 10, 5)], ids=["object", "code", "day"]
)
def test_a_period_is_named_in_words(value: object) -> None:
    assert hall.period_label(value) == "2026 年 10 月"  # type: ignore[arg-type]


def test_pieces_tell_none_from_nothing() -> None:
    assert (hall.pieces(0), hall.pieces(1200), hall.pieces(None), hall.pieces("")) == ("0", "1,200", "—", "—")


@pytest.mark.parametrize(
    ("due", "words"),
    [(date(2026, 11, 19), "还有 3 天"), (date(2026, 11, 16), "今天截止"), (date(2026, 11, 15), "已逾期 1 天")],
)
def test_how_far_a_due_day_is(due: date, words: str) -> None:
    assert hall.due_words(due, date(2026, 11, 16)) == words


def test_a_state_is_a_word_with_an_icon_and_escapes_what_it_is_given() -> None:
    html = hall.status_tag("red", "<b>未清卡</b>")
    assert 'class="tag tag-red"' in html
    assert "&lt;b&gt;" in html
    assert 'aria-hidden="true"' in html


def test_every_icon_in_the_templates_exists() -> None:
    names = {name for file in (ROOT / "templates").rglob("*.html") for name in ICON.findall(file.read_text())}
    assert len(names) > 10
    for name in sorted(names):
        try:
            hall.icon(name)
        except lucide.IconDoesNotExist:
            pytest.fail(f"there is no icon {name}")


def test_the_error_summary_links_each_error_to_its_field() -> None:
    from django import forms

    class Sample(HallForm):
        name = forms.CharField(label="名称")
        way = forms.ChoiceField(label="方式", choices=[("a", "甲")], widget=forms.RadioSelect)

    html = Template("{% load hall %}{% field_errors form %}").render(Context({"form": Sample({})}))
    assert 'href="#id_name">请填写名称<' in html
    assert 'href="#id_way_0">请选择方式<' in html


def test_no_summary_without_errors() -> None:
    assert render_to_string("components/error_summary.html", {"errors": []}).strip() == ""
