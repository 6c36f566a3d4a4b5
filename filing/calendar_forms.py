"""What officers fill in about the calendar; shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Bureau
from filing.choices import CalendarSubject, HolidayKind
from taxhall.common.forms import HallForm, PeriodFormField


def date_field(**options: Any) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("请填写日期，例如 2026-11-16")},
        **options,
    )


def code_field() -> forms.CharField:
    """Return the field for a one-time code."""
    return forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("需要再次验证身份：请填写验证器上的 6 位数字。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}),
    )


class ProvenForm(HallForm):
    """A form of an officer: source, reason, and a one-time code where the last proof is too old."""

    source = forms.CharField(label=_("依据（公告名称或文号）"), max_length=200)
    reason = forms.CharField(label=_("事由"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    code = code_field()

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]


def moment_field(**options: Any) -> forms.DateTimeField:
    """Return a field for a moment."""
    return forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": _("请填写日期和时间，例如 2026-11-16 09:00")},
        **options,
    )


class OutageForm(ProvenForm):
    """When the hall was, or will be, out of use."""

    bureau = forms.ModelChoiceField(label=_("税务机关"), queryset=Bureau.objects.none(), empty_label=None)
    starts_at = moment_field(label=_("停机开始"))
    ends_at = moment_field(label=_("停机结束"))
    field_order = ["bureau", "starts_at", "ends_at", "source", "reason", "code"]

    def __init__(self, *args: Any, bureaus: QuerySet[Bureau], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["bureau"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared above)
        field.queryset = bureaus


class SeasonChangeForm(ProvenForm):
    """The last day of one month's season."""

    subject = CalendarSubject.SEASON
    month = PeriodFormField(label=_("哪个月的征期"), help_text=_("例如 2026-11"))
    deadline = date_field(
        label=_("截止日期（选填）"), required=False, help_text=_("留空表示撤销公告行，改按规则推算。")
    )
    field_order = ["month", "deadline", "source", "reason", "code"]

    @property
    def wanted(self) -> dict[str, Any]:
        """What is asked for; valid after is_valid()."""
        data = self.cleaned_data
        return {"day": data["month"].start, "deadline": data["deadline"]}


class DayChangeForm(ProvenForm):
    """What a holiday notice says of one day."""

    subject = CalendarSubject.DAY
    day = date_field(label=_("日期"))
    kind = forms.ChoiceField(
        label=_("改为"),
        required=False,
        widget=forms.RadioSelect,
        choices=[*HolidayKind.choices, ("", _("平日，按星期"))],
        initial=HolidayKind.OFF,
    )
    field_order = ["day", "kind", "source", "reason", "code"]

    @property
    def wanted(self) -> dict[str, Any]:
        """What is asked for; valid after is_valid()."""
        data = self.cleaned_data
        return {"day": data["day"], "kind": data["kind"]}
