"""What is typed about endpoints."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.hooks.addresses import LONGEST
from taxhall.common.forms import HallForm


class HookForm(HallForm):
    """The address of an endpoint."""

    url = forms.CharField(
        label=_("接收地址"),
        max_length=LONGEST,
        help_text=_("您的系统在公网上的 https:// 地址，例如 https://erp.example.com/taxhall"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
