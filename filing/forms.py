"""What the pages of filing take in; shape only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from filing.choices import CellKind
from filing.rules.computation import Entry
from filing.rules.definition import CellKey, FormDefinition
from taxhall.common.forms import HallForm

_CENTS = 2
# The service knows the limit of a sum; more digits than these cannot even be reckoned with.
_MOST_DIGITS = 16


class VoidForm(HallForm):
    """Why a return is voided."""

    reason = forms.CharField(label=gettext_lazy("作废原因"), max_length=200, widget=forms.Textarea)


class CorrectionForm(HallForm):
    """Why a filed return is corrected."""

    reason = forms.CharField(label=gettext_lazy("更正原因"), max_length=200, widget=forms.Textarea)


class HandOverForm(HallForm):
    """Why a comparison differs, for the exception post."""

    explanation = forms.CharField(label=gettext_lazy("不符的原因说明"), max_length=500, widget=forms.Textarea)


@dataclass
class PostedCells:
    """Cells read from a posted form: good entries, and the texts that are no numbers."""

    entries: dict[CellKey, Entry] = field(default_factory=dict)
    texts: dict[CellKey, str] = field(default_factory=dict)
    errors: dict[CellKey, str] = field(default_factory=dict)


def value_name(key: CellKey) -> str:
    """Return the field name of a cell's number."""
    return f"v-{key.schedule}-{key.line}-{key.column}"


def reason_name(key: CellKey) -> str:
    """Return the field name of a cell's reason."""
    return f"r-{key.schedule}-{key.line}-{key.column}"


def shown_name(key: CellKey) -> str:
    """Return the hidden field that repeats the prefilled number a cell was shown with."""
    return f"p-{key.schedule}-{key.line}-{key.column}"


def read_cells(definition: FormDefinition, data: Mapping[str, str]) -> PostedCells:
    """Read every enterable cell that was posted; blank stays blank, which is not zero."""
    posted = PostedCells()
    for key, cell in definition.cells.items():
        name = value_name(key)
        if cell.kind == CellKind.COMPUTED or name not in data:
            continue
        text = data[name].strip()
        posted.texts[key] = text
        try:
            value = _number(text)
        except InvalidOperation:
            posted.errors[key] = _("请填写金额，最多两位小数，例如 1234.56")
            continue
        # A prefilled number left as it was shown stays the hall's, even if the hall's moved meanwhile.
        is_untouched = text == data.get(shown_name(key), "")
        posted.entries[key] = Entry(None if is_untouched else value, data.get(reason_name(key), "").strip())
    return posted


def _number(text: str) -> Decimal | None:
    plain = text.replace(",", "").replace("，", "")
    if not plain:
        return None
    value = Decimal(plain)
    if not value.is_finite() or -int(value.as_tuple().exponent) > _CENTS or value.adjusted() >= _MOST_DIGITS:
        raise InvalidOperation
    return value
