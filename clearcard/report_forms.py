"""What an officer fills in about a report; shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Bureau
from invoicing.reports import DISTRICT_REPORTS
from taxhall.common.forms import HallForm, PeriodFormField
from taxhall.common.sheets import FileFormat


def _code_field() -> forms.CharField:
    return forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("导出前需要再次验证身份：请填写验证器上的 6 位数字。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}),
    )


class DistrictReportForm(HallForm):
    """The month and the kind of file, with a one-time code where the last proof is too old."""

    period = PeriodFormField(label=_("所属期"), help_text=_("例如 2026-10"))
    file_format = forms.ChoiceField(label=_("格式"), choices=FileFormat.choices)
    code = _code_field()

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]


class DistrictSubscriptionForm(HallForm):
    """Which report over which bureau's companies is made every month, and as what."""

    report = forms.ChoiceField(label=_("报表"), choices=lambda: [(each.name, each.title) for each in DISTRICT_REPORTS])
    bureau = forms.ModelChoiceField(label=_("税务机关"), queryset=Bureau.objects.none(), empty_label=None)
    file_format = forms.ChoiceField(label=_("格式"), choices=FileFormat.choices)

    def __init__(self, *args: Any, bureaus: QuerySet[Bureau], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["bureau"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared above)
        field.queryset = bureaus


class TakeFileForm(HallForm):
    """The one-time code, where the last proof is too old."""

    code = _code_field()

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]
