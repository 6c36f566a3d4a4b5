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
        help_text=_("16 位数字；只有购买方申请时填写。"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    extent = forms.ChoiceField(
        label=_("红冲多少"),
        choices=[(WHOLE, _("全部剩余金额")), (PART, _("部分金额，按行填写"))],
        initial=WHOLE,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, units: Sequence[RedUnit], is_special: bool, **kwargs: Any) -> None:
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

    @property
    def questions(self) -> list[forms.BoundField]:
        """The questions about the whole invoice."""
        return [self[name] for name in ("reason", "applicant", "number", "extent") if name in self.fields]

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
