"""Input of the device pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from devices.protocol.constants import PIN_LENGTHS
from taxhall.common.forms import HallForm

TOO_SHORT = _("设备口令至少 6 位，请核对后重新输入；这次没有发给设备，不计次数。")
TOO_LONG = _("设备口令最多 16 位，请核对后重新输入；这次没有发给设备，不计次数。")


class PinField(forms.CharField):
    """A PIN of a disk; never shown again, never kept."""

    def __init__(self, *, is_first: bool = False, **kwargs: Any) -> None:
        super().__init__(
            min_length=PIN_LENGTHS.start,
            max_length=PIN_LENGTHS.stop - 1,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": is_first}),
            error_messages={"min_length": TOO_SHORT, "max_length": TOO_LONG},
            **kwargs,
        )


class PinForm(HallForm):
    """The PIN that opens a disk."""

    pin = PinField(
        label=_("设备口令"),
        help_text=_("发行设备时设定的口令，6 至 16 位。口令只用来打开设备，大厅不保存。"),
        is_first=True,
    )


class PinChangeForm(HallForm):
    """The old PIN of a disk, or the one-time PIN of an unblocked one, and the new one twice."""

    old = PinField(label=_("原口令"), help_text=_("口令由税务机关解锁后，这里填写收到的一次性口令。"), is_first=True)
    new = PinField(label=_("新口令"), help_text=_("6 至 16 位，不能与原口令相同。大厅不保存口令，请自己记牢。"))
    again = PinField(label=_("再输入一次新口令"))

    def clean(self) -> dict[str, Any]:
        """Let only a new PIN through that was typed the same twice; nothing was sent to the disk before."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", _("两次输入的新口令不一样，请重新输入；这次没有发给设备，不计次数。"))
        return data


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
