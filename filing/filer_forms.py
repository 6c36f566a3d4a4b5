"""What companies and officers fill in about how often a company files; shape only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from accounts.choices import PeriodKind
from filing.calendar_forms import code_field, date_field
from taxhall.common.forms import HallForm


class PeriodKindForm(HallForm):
    """Another period, from which quarter on, and why."""

    to_kind = forms.ChoiceField(label=_("改为"), choices=PeriodKind.choices, widget=forms.RadioSelect)
    starts_on = forms.TypedChoiceField(
        label=_("从哪一天开始"), coerce=parse_date, help_text=_("只能从一个季度的第一天开始。")
    )
    reason = forms.CharField(label=_("事由"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, starts: Iterable[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["starts_on"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  (declared above)
        field.choices = [(each.isoformat(), each.isoformat()) for each in starts]


class OfficerPeriodKindForm(PeriodKindForm):
    """The same by an officer, who names the company and proves to be there."""

    number = forms.CharField(label=_("纳税人识别号"), max_length=20)
    code = code_field()
    field_order = ["number", "to_kind", "starts_on", "reason", "code"]

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]


class InactivityForm(HallForm):
    """From when to when the company sells nothing, and why."""

    starts_on = date_field(label=_("停业开始"))
    ends_on = date_field(label=_("停业结束"))
    reason = forms.CharField(label=_("停业原因"), max_length=200, help_text=_("例如：冬季歇业"))
