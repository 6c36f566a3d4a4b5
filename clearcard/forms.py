"""What the taxpayer types on the clear-card pages; shape only, the services know the rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clearcard.choices import ClearKind, SpecialReason
from clearcard.shapes import CaseForm, Prefill, ThreeWay
from taxhall.common.forms import HallForm, MoneyFormField

DATE_SHAPES = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"]


class ClearTypeForm(HallForm):
    """The type of clearing, with the sub-reason of a special one."""

    kind = forms.ChoiceField(label=gettext_lazy("清卡类型"), choices=ClearKind.choices, widget=forms.RadioSelect)
    special_reason = forms.ChoiceField(
        label=gettext_lazy("特殊清卡的原因"), choices=[("", ""), *SpecialReason.choices], required=False
    )


class VerifyForm(HallForm):
    """One tick per group of the three-way table and the digest of the table that was shown."""

    digest = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, table: ThreeWay, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["digest"].initial = table.digest
        groups = {row.kind: row.kind_label for row in table.rows} or {"none": _("本期没有开具发票")}
        for kind, label in groups.items():
            self.fields[f"group_{kind}"] = forms.BooleanField(
                label=_("我已核对：%(label)s") % {"label": label},
                error_messages={"required": _("请核对%(label)s后勾选确认") % {"label": label}},
            )


class FillForm(HallForm):
    """Amounts and day of the application, prefilled by the hall."""

    invoiced_amount = MoneyFormField(label=gettext_lazy("开票金额"))
    declared_amount = MoneyFormField(label=gettext_lazy("已申报金额"))
    clear_on = forms.DateField(
        label=gettext_lazy("清卡日期"),
        input_formats=DATE_SHAPES,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("请填写日期，例如 2026-11-16")},
    )
    explanation = forms.CharField(
        label=gettext_lazy("情况说明"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("金额有差异或情况特殊时请说明原因，最多 1000 字。"),
        widget=forms.Textarea,
    )

    def __init__(
        self,
        *args: Any,
        prefills: Sequence[Prefill] = (),
        open_fields: Collection[str] | None = None,
        no_words: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if no_words:
            # What is said when nothing is written says by itself that something must be.
            explanation = self.fields["explanation"]
            explanation.required, explanation.error_messages["required"] = True, no_words
            explanation.help_text = _("特殊清卡必须说明原因，最多 1000 字。")
        for prefill in prefills:
            if prefill.name in self.fields and prefill.source:
                self.fields[prefill.name].help_text = _("来自%(source)s") % {"source": prefill.source}
        for name, field in self.fields.items():
            field.disabled = open_fields is not None and name not in open_fields

    def to_case_form(self) -> CaseForm:
        """Return the cleaned values."""
        return CaseForm(**self.cleaned_data)


class SubmitForm(HallForm):
    """The declaration, the password when it was not given lately, and the key that makes a second press harmless."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80)
    declaration = forms.BooleanField(
        label=gettext_lazy("我声明：以上开票金额、已申报金额和所附材料真实、完整，并对其负责。"),
        error_messages={"required": gettext_lazy("请阅读声明并勾选后再提交")},
    )
    password = forms.CharField(
        label=gettext_lazy("登录密码"),
        help_text=gettext_lazy("提交申请需要再次确认是您本人。这不是设备口令。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, asks_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_password:
            del self.fields["password"]
