"""Input of the device pages."""

from __future__ import annotations

from typing import Any

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


class ProveForm(HallForm):
    """Nothing but a fresh proof of who is at the keyboard, where the last one is too long ago."""

    password = forms.CharField(
        label=_("登录密码"),
        strip=False,
        help_text=_("连接或停用电脑前，请再输入一次您的登录密码。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, asks_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_password:
            del self.fields["password"]
