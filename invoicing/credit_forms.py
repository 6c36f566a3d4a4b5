"""What an officer fills in about a company's credit for digital invoices; shape only."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.choices import CreditChangeKind
from taxhall.common.forms import HallForm, MoneyFormField


class CreditForm(HallForm):
    """One change of the credit, with a one-time code where the last proof is too old."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    kind = forms.ChoiceField(
        label=_("调整方式"),
        choices=CreditChangeKind.choices,
        widget=forms.RadioSelect,
        initial=CreditChangeKind.PERIODIC,
    )
    amount = MoneyFormField(
        label=_("金额（元，不含税）"),
        max_digits=14,
        help_text=_("定期调整填新的每月总额度；临时调整填本月增加的金额，减少填负数。"),
    )
    reason = forms.CharField(
        label=_("调整原因"), max_length=200, help_text=_("企业会看到。"), widget=forms.Textarea(attrs={"rows": 2})
    )
    code = forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("办理前需要再次验证身份：请填写验证器上的 6 位数字。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}),
    )

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]
