"""Input of the device pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from devices.choices import PracticeAct, RequestCause
from devices.protocol.constants import PIN_LENGTHS
from taxhall.common.forms import HallForm

# More than a company is given at once (每次最高领用份数); the officer decides on the number below it.
MOST_ASKED = 5000
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


class NoteForm(HallForm):
    """A word to the officer."""

    note = forms.CharField(
        label=_("说明"),
        max_length=500,
        required=False,
        help_text=_("税务人员会看到。请不要填写口令和证件号码。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _causes(*causes: RequestCause) -> list[tuple[str, Any]]:
    return [(cause.value, cause.label) for cause in causes]


class LossForm(NoteForm):
    """How a disk was lost, and the word that it was."""

    cause = forms.ChoiceField(
        label=_("怎样丢失的"), choices=_causes(RequestCause.LOST, RequestCause.STOLEN), widget=forms.RadioSelect
    )
    confirm = forms.BooleanField(label=_("我确认这块设备已不在本企业手中，要求立即停用"))
    field_order = ("cause", "note", "confirm")


class CancelForm(NoteForm):
    """Why a disk is to be ended."""

    cause = forms.ChoiceField(
        label=_("注销原因"),
        choices=_causes(RequestCause.CLOSING, RequestCause.DIGITAL, RequestCause.OTHER),
        widget=forms.RadioSelect,
    )
    field_order = ("cause", "note")


class StockForm(NoteForm):
    """How many blank invoices of one kind are asked for, or given back."""

    kind = forms.ChoiceField(label=_("票种"))
    count = forms.IntegerField(
        label=_("份数"), min_value=1, max_value=MOST_ASKED, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    field_order = ("kind", "count", "note")

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


class ReplaceCauseForm(HallForm):
    """Why another disk is to take the place of this one."""

    cause = forms.ChoiceField(
        label=_("更换原因"),
        choices=_causes(
            RequestCause.DAMAGED, RequestCause.LOST, RequestCause.STOLEN, RequestCause.EXPIRED, RequestCause.UPGRADE
        ),
        widget=forms.RadioSelect,
    )


class ReplaceForm(NoteForm):
    """The request to replace a disk; what it could still do itself may be handed to a person."""

    hand_over = forms.BooleanField(
        label=_("旧设备办不完这些事项，交由税务人员依据最后读到的状态核实处理"), required=False
    )
    field_order = ("hand_over", "note")

    def __init__(self, *args: Any, may_hand_over: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_hand_over:
            del self.fields["hand_over"]


class SuccessorForm(HallForm):
    """The number of the new disk."""

    serial = forms.RegexField(
        r"^\d{12}$",
        label=_("新设备编号"),
        help_text=_("12 位数字，印在设备背面。请先把新设备插入读卡器。"),
        error_messages={"invalid": _("设备编号是 12 位数字，请核对后重新填写")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
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


class PracticeForm(HallForm):
    """What to do to which virtual disk."""

    serial = forms.CharField(label=_("设备编号"), max_length=12)
    act = forms.ChoiceField(label=_("演练内容"), choices=PracticeAct.choices)
    on = forms.ChoiceField(
        label=_("在哪条指令"),
        required=False,
        choices=[
            ("", _("任何指令")),
            ("APPLY_CLEAR", _("清卡")),
            ("BEGIN_CLEAR", _("请求清卡")),
            ("ISSUE_INVOICE", _("开票")),
            ("VOID_INVOICE", _("作废")),
            ("GET_STATUS", _("读状态")),
            ("APPLY_ORDER", _("变更发行")),
        ],
    )
    seconds = forms.FloatField(
        label=_("秒数"), required=False, help_text=_("只用于签名变慢（0 到 30）和时钟走偏（可为负数）。")
    )

    def clean_seconds(self) -> float:
        """Take an empty field for zero."""
        return float(self.cleaned_data["seconds"] or 0.0)
