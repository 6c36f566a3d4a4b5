"""What is typed to take an invoice back: the reason, all or parts, the applicant of a special one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.choices import RedApplicant, RedReason
from invoicing.rules import RedUnit
from taxhall.common.forms import HallForm, MoneyFormField

WHOLE, PART = "whole", "part"


class RedInvoiceForm(HallForm):
    """The questions of a red invoice; one amount per blue line that still has something left."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(label=_("红冲原因"), choices=RedReason.choices)
    applicant = forms.ChoiceField(
        label=_("由谁申请信息表"), choices=RedApplicant.choices, initial=RedApplicant.SELLER, widget=forms.RadioSelect
    )
    number = forms.CharField(
        label=_("购买方取得的信息表编号"),
        max_length=20,
        required=False,
        help_text=_("16 位数字；只有购买方申请时填写。本厅只录入，不核验，请按购买方的信息表抄录。"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    extent = forms.ChoiceField(
        label=_("红冲多少"),
        choices=[(WHOLE, _("全部剩余金额")), (PART, _("部分金额，按行填写"))],
        initial=WHOLE,
        widget=forms.RadioSelect,
    )

    says_used = forms.BooleanField(
        label=_("购买方已用于抵扣或入账"),
        required=False,
        help_text=_("勾选后须由对方在 72 小时内确认；没有用过的，只能由销售方全额红冲，不需要确认。"),
    )

    def __init__(
        self, *args: Any, units: Sequence[RedUnit], is_special: bool, is_digital: bool = False, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"key": uuid.uuid4()})
        super().__init__(*args, **kwargs)
        self.units = [unit for unit in units if unit.left_amount]
        for unit in self.units:
            self.fields[f"amount-{unit.line}"] = MoneyFormField(
                label=unit.name,
                required=False,
                max_digits=14,
                min_value=Decimal(0),
                help_text=_("不含税；还可红冲 %(left)s 元，原金额 %(whole)s 元。")
                % {"left": f"{unit.left_amount:,.2f}", "whole": f"{unit.amount:,.2f}"},
            )
        if not is_special:
            del self.fields["applicant"], self.fields["number"]
        if not is_digital:
            del self.fields["says_used"]

    def clean(self) -> dict[str, Any]:
        """Refuse amounts beside "all that is left": one of the two was not meant, and taking back is final."""
        values: dict[str, Any] = super().clean() or {}
        typed = [unit.line for unit in self.units if values.get(f"amount-{unit.line}")]
        if values.get("extent") == WHOLE and typed:
            self.add_error("extent", _("您填写了部分红冲的金额：请改选“部分金额，按行填写”，或清空金额"))
        return values

    @property
    def questions(self) -> list[forms.BoundField]:
        """The questions about the whole invoice."""
        return [self[name] for name in ("reason", "says_used", "applicant", "number", "extent") if name in self.fields]

    @property
    def amounts(self) -> list[forms.BoundField]:
        """The amounts by line, for a part."""
        return [self[f"amount-{unit.line}"] for unit in self.units]

    @property
    def chosen(self) -> dict[int, Decimal] | None:
        """What was chosen by line; None for all that is left. Only after is_valid()."""
        if self.cleaned_data["extent"] == WHOLE:
            return None
        return {unit.line: self.cleaned_data[f"amount-{unit.line}"] or Decimal(0) for unit in self.units}


class AnswerForm(HallForm):
    """The answer to a confirmation; the number only where the buyer answered in another hall."""

    outside_number = forms.CharField(
        label=_("购买方确认编号"),
        max_length=24,
        required=False,
        help_text=_("购买方不是本厅的纳税人时，由您代为登记它在当地办税平台确认后取得的编号。"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    note = forms.CharField(label=_("说明"), max_length=200, required=False, help_text=_("不同意时必填，对方会看到。"))

    def __init__(self, *args: Any, is_outside: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_outside:
            del self.fields["outside_number"]


class ReceivedForm(HallForm):
    """The number of a digital invoice that the company received."""

    number = forms.RegexField(
        r"^\d{20}$",
        label=_("数电票号码"),
        error_messages={"invalid": _("数电票号码是 20 位数字，请核对后重新填写")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
