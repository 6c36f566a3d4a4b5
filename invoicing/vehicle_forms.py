"""What is typed about the vehicle of a vehicle invoice; shape only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.forms import NeededField
from taxhall.common.forms import HallForm, MoneyFormField

PREFIX = "vehicle"
_MARK = {"autocomplete": "off", "spellcheck": "false"}


def _text(label: Any, length: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, required=False, **kwargs)


def _needed(label: Any, length: int, **kwargs: Any) -> NeededField:
    return NeededField(label=label, max_length=length, **kwargs)


class VehicleForm(HallForm):
    """The vehicle; a draft may leave anything open."""

    vehicle_type = _needed(_("车辆类型"), 40, help_text=_("如轿车、客车、货车。"))
    brand_model = _needed(_("厂牌型号"), 60)
    origin = _needed(_("产地"), 40)
    vin = _needed(
        _("车辆识别代号/车架号码"),
        23,
        help_text=_("17 位，不含字母 I、O、Q。"),
        widget=forms.TextInput(attrs=_MARK),
    )
    engine_number = _needed(_("发动机号码"), 50, widget=forms.TextInput(attrs=_MARK))
    certificate_number = _text(_("合格证号"), 50, help_text=_("国产车必填。"), widget=forms.TextInput(attrs=_MARK))
    import_certificate = _text(_("进口证明书号"), 50, help_text=_("进口车必填。"), widget=forms.TextInput(attrs=_MARK))
    inspection_number = _text(_("商检单号"), 50, help_text=_("进口车必填。"), widget=forms.TextInput(attrs=_MARK))
    tax_receipt = _text(_("完税凭证号码"), 40)
    tonnage = MoneyFormField(
        label=_("吨位"), max_digits=8, decimal_places=3, min_value=Decimal(0), required=False, help_text=_("货车填写。")
    )
    seats = forms.IntegerField(label=_("限乘人数"), min_value=1, max_value=300, required=False)
