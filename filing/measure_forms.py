"""What officers fill in about the whitelist and about rules; shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from filing.choices import MeasureKind
from filing.rules.comparison import ALWAYS_HELD, RULES
from taxhall.common.forms import HallForm, MoneyFormField


def _rules() -> list[tuple[str, str]]:
    """Return the rules that may be set aside, by code and title."""
    return [("", ""), *((rule.code, f"{rule.code} {rule.title}") for rule in RULES if rule.code not in ALWAYS_HELD)]


def _day(label: object, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label,  # type: ignore[arg-type]  # a lazy text
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("请填写日期，例如 2026-11-16")},
        **options,
    )


class MeasureForm(HallForm):
    """What every measure has: the rule, the span, why, and on what paper."""

    rule_code = forms.ChoiceField(label=_("比对规则"), choices=_rules)
    valid_from = _day(_("有效期起"))
    valid_to = _day(_("有效期止"), required=False)
    reason = forms.CharField(label=_("原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    source = forms.CharField(label=_("依据"), max_length=200, help_text=_("文件名称、文号，或者受理的事项编号。"))


class WhitelistForm(MeasureForm):
    """One rule for one company."""

    number = forms.CharField(label=_("纳税人识别号"), max_length=20, widget=forms.TextInput(attrs={"class": "code"}))
    field_order = ("number", "rule_code", "valid_from", "valid_to", "reason", "source")


class RuleMeasureForm(MeasureForm):
    """One rule for everybody, within a span."""

    kind = forms.ChoiceField(label=_("措施"), choices=MeasureKind.choices, widget=forms.RadioSelect)
    amount = MoneyFormField(label=_("临时容差（元）"), required=False, help_text=_("只有临时容差需要填写。"))
    field_order = ("kind", "rule_code", "amount", "valid_from", "valid_to", "reason", "source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_to"].required = True


class DecideForm(HallForm):
    """The second officer's word, or why a measure ends; with a one-time code where the last proof is too old."""

    words = forms.CharField(label=_("意见"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    code = forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("办理前需要再次验证身份：请填写验证器上的 6 位数字。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}),
    )

    def __init__(self, *args: Any, asks_code: bool, is_lifting: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_lifting:
            self.fields["words"].label = _("解除原因")
            self.fields["words"].required = True
        if not asks_code:
            del self.fields["code"]
