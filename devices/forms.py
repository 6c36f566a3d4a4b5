"""Input of the device pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from devices.protocol.constants import PIN_LENGTHS
from taxhall.common.forms import HallForm


class PinForm(HallForm):
    """The PIN of a disk; never shown again, never kept."""

    pin = forms.CharField(
        label=_("设备口令"),
        min_length=PIN_LENGTHS.start,
        max_length=PIN_LENGTHS.stop - 1,
        strip=False,
        help_text=_("发行设备时设定的口令，6 至 16 位。口令只用来打开设备，大厅不保存。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={
            "min_length": _("设备口令至少 6 位，请核对后重新输入；这次没有发给设备，不计次数。"),
            "max_length": _("设备口令最多 16 位，请核对后重新输入；这次没有发给设备，不计次数。"),
        },
    )
