"""Template tags of the hall: money, dates, icons, states and error summaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import lucide
from django import forms, template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from taxhall.common.money import in_capitals, round_money
from taxhall.common.periods import TaxPeriod

register = template.Library()

_WEEKDAYS = "一二三四五六日"
_TONES = {
    "plain": "circle",
    "ok": "circle-check",
    "blue": "loader",
    "amber": "triangle-alert",
    "red": "circle-x",
    "grey": "circle-dashed",
}


def _decimal(value: Any) -> Decimal | None:
    try:
        return round_money(Decimal(str(value)))
    except (InvalidOperation, ValueError):
        return None


@register.filter
def money(value: Any) -> str:
    """Write an amount as 1,234.56; an absent one as a dash."""
    amount = _decimal(value)
    return "—" if amount is None else f"{amount:,.2f}"


@register.filter
def signed_money(value: Any) -> str:
    """Write a difference with its sign; zero has none."""
    amount = _decimal(value)
    if amount is None:
        return "—"
    return f"{amount:+,.2f}" if amount else "0.00"


@register.filter
def pieces(value: Any) -> str:
    """Write a number of pieces as 1,234; an absent one as a dash."""
    return f"{value:,}" if isinstance(value, int) else "—"


@register.filter
def capitals(value: Any) -> str:
    """Write an amount in capitals (大写)."""
    amount = _decimal(value)
    return "" if amount is None else in_capitals(amount)


@register.filter
def period_label(value: TaxPeriod | str | date | None) -> str:
    """Name a tax period; takes the value object, its code or any day of a month."""
    if isinstance(value, TaxPeriod):
        return value.label
    if isinstance(value, date):
        return TaxPeriod.of_month(value).label
    try:
        return TaxPeriod.parse(value or "").label
    except ValueError:
        return value or ""


@register.filter
def day(value: date | datetime | None) -> str:
    """Write a day with its weekday: 2026-11-16（周一）."""
    if value is None or value == "":
        return "—"
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return f"{value:%Y-%m-%d}（周{_WEEKDAYS[value.weekday()]}）"


@register.filter
def moment(value: datetime | str | None) -> str:
    """Write a moment of local time: 2026-11-16 14:02."""
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value)
    if not value or isinstance(value, str):
        return "—"
    return f"{timezone.localtime(value) if timezone.is_aware(value) else value:%Y-%m-%d %H:%M}"


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """Draw a lucide icon inline; it never carries meaning alone, so readers skip it."""
    return _icon(name, size)


@lru_cache(maxsize=256)
def _icon(name: str, size: int) -> SafeString:
    svg = lucide._render_icon(name, size, aria_hidden="true", focusable="false")
    return mark_safe(svg)  # noqa: S308  (drawn from the package's own file, no user input)


@register.simple_tag
def status_tag(tone: str, word: str) -> SafeString:
    """Show a state as icon and word; the colour only repeats what the word says."""
    tone = tone if tone in _TONES else "plain"
    return format_html('<span class="tag tag-{}">{}<span>{}</span></span>', tone, _icon(_TONES[tone], 16), word)


@register.inclusion_tag("components/error_summary.html")
def field_errors(form: forms.BaseForm | None) -> dict[str, Any]:
    """List every error of a form with a link to its place; empty when there is none."""
    return {"errors": list(_errors(form)) if form is not None else []}


def _errors(form: forms.BaseForm) -> Iterator[dict[str, str]]:
    for name, messages in form.errors.items():
        target = ""
        if name in form.fields:
            bound = form[name]
            target = bound.id_for_label or bound.auto_id or ""
            if bound.use_fieldset:
                target = f"{bound.auto_id}_0"
        for message in messages:
            yield {"target": target, "message": str(message)}


@register.simple_tag
def due_words(due: date, today: date) -> str:
    """Say in words how far a due day is."""
    days = (due - today).days
    if days < 0:
        return _("已逾期 %(days)s 天") % {"days": -days}
    if days == 0:
        return _("今天截止")
    return _("还有 %(days)s 天") % {"days": days}


@register.simple_tag
def step_number(steps: list[dict[str, Any]], current: str) -> int:
    """Return the place of the current step, counted from 1."""
    return next((index for index, step in enumerate(steps, 1) if step["key"] == current), 1)
