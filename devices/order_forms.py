"""What an officer fills in about a disk; shape only, the rules are in the services."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.forms import DeclarativeFieldsMetaclass
from django.utils.translation import gettext_lazy as _

from devices.choices import DISK_KINDS, RequestKind
from devices.protocol.constants import LAST_NUMBER
from devices.protocol.messages import GroupCeilings, IssueDataChange, StockSegment
from devices.services import LONGEST_WORD
from taxhall.common.forms import HallForm, MoneyFormField

_SERIAL = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})


class DecisionForm(HallForm):
    """The officer's words, and a one-time code where the last proof is too old."""

    note = forms.CharField(label=_("办理意见"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    code = forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("办理前需要再次验证身份：请填写验证器上的 6 位数字。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}),
    )

    def __init__(self, *args: Any, asks_code: bool, needs_note: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = needs_note
        if not asks_code:
            del self.fields["code"]

    def segments(self, _kind: str, /) -> tuple[StockSegment, ...]:
        """Return the numbers given out; most decisions give out none."""
        return ()


class GiveStockForm(DecisionForm):
    """The numbers given out for a company's request for blank invoices."""

    segment = forms.RegexField(
        r"^\d{10,12}$",
        label=_("发票代码"),
        error_messages={"invalid": _("发票代码是 10 至 12 位数字，请核对后重新填写")},
        widget=_SERIAL,
    )
    first = forms.IntegerField(label=_("起始号码"), min_value=1, max_value=LAST_NUMBER, widget=_SERIAL)
    count = forms.IntegerField(label=_("发放份数"), min_value=1, widget=_SERIAL)
    field_order = ("segment", "first", "count", "note", "code")

    def clean(self) -> dict[str, Any]:
        """Let no run go past the last number of eight digits."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("first") and data.get("count") and data["first"] + data["count"] - 1 > LAST_NUMBER:
            most = LAST_NUMBER - data["first"] + 1
            self.add_error("count", _("号码只有 8 位，从这个起始号码最多发放 %(most)d 份") % {"most": most})
        return data

    def segments(self, kind: str, /) -> tuple[StockSegment, ...]:
        """Return the run of numbers."""
        data = self.cleaned_data
        last = data["first"] + data["count"] - 1
        return (StockSegment(kind=kind, code=data["segment"], next_number=data["first"], end_number=last),)


class SignedWordForm(HallForm):
    """What a disk signed, as its vendor's program or the protocol writes it."""

    record = forms.CharField(
        label=_("设备签名的记录"),
        max_length=LONGEST_WORD,
        help_text=_("粘贴厂商程序读出的记录（JSON）：开票、作废、清卡、抄报或指令的回执。"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
    )


class _DraftType(ABCMeta, DeclarativeFieldsMetaclass):
    """Forms that are none until they say what is ordered."""


class DraftForm(HallForm, metaclass=_DraftType):
    """An order for one disk, written by one officer for another to approve."""

    serial = forms.RegexField(
        r"^\d{12}$",
        label=_("设备编号"),
        error_messages={"invalid": _("设备编号是 12 位数字，请核对后重新填写")},
        widget=_SERIAL,
    )
    note = forms.CharField(label=_("事由"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    @abstractmethod
    def contents(self) -> dict[str, Any]:
        """Return what is ordered, as it is kept on the request."""


class StockDraftForm(DraftForm):
    """One run of blank invoices."""

    kind = forms.ChoiceField(label=_("票种"), choices=DISK_KINDS)
    segment = forms.RegexField(
        r"^\d{10,12}$",
        label=_("发票代码"),
        error_messages={"invalid": _("发票代码是 10 至 12 位数字，请核对后重新填写")},
        widget=_SERIAL,
    )
    first = forms.IntegerField(label=_("起始号码"), min_value=1, max_value=LAST_NUMBER, widget=_SERIAL)
    last = forms.IntegerField(label=_("终止号码"), min_value=1, max_value=LAST_NUMBER, widget=_SERIAL)
    field_order = ("serial", "kind", "segment", "first", "last", "note")

    def clean(self) -> dict[str, Any]:
        """Let only a run through that goes upwards."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("终止号码不能小于起始号码，请核对后重新填写"))
        return data

    def contents(self) -> dict[str, Any]:
        """Return the segment."""
        data = self.cleaned_data
        segment = StockSegment(
            kind=data["kind"], code=data["segment"], next_number=data["first"], end_number=data["last"]
        )
        return {"segments": [segment.to_json()]}


class ChangeDraftForm(DraftForm):
    """New issue data; what is left empty stays as it is."""

    taxpayer_name = forms.CharField(label=_("新名称"), max_length=80, required=False)
    bureau_code = forms.RegexField(
        r"^\d{11}$",
        label=_("新主管税务机关代码"),
        required=False,
        error_messages={"invalid": _("税务机关代码是 11 位数字，请核对后重新填写")},
        widget=_SERIAL,
    )
    hours = forms.IntegerField(label=_("离线时长上限（小时）"), min_value=0, max_value=9999, required=False)
    count = forms.IntegerField(label=_("离线票份数上限"), min_value=0, max_value=99_999, required=False)
    amount = MoneyFormField(label=_("离线票金额上限"), min_value=Decimal("0.00"), required=False)
    field_order = ("serial", "taxpayer_name", "bureau_code", "hours", "count", "amount", "note")

    def clean(self) -> dict[str, Any]:
        """Ask for something to change, and for the three ceilings together: the disk replaces them together."""
        data: dict[str, Any] = super().clean() or {}
        ceilings = [data.get(name) is not None for name in ("hours", "count", "amount")]
        if any(ceilings) and not all(ceilings):
            self.add_error(None, _("离线时长、份数和金额上限请一起填写"))
        if not self.errors and not (any(ceilings) or data.get("taxpayer_name") or data.get("bureau_code")):
            self.add_error(None, _("没有填写要变更的内容，请至少填写一项"))
        return data

    def contents(self) -> dict[str, Any]:
        """Return the change."""
        data = self.cleaned_data
        ceilings: tuple[GroupCeilings, ...] = ()
        if data["hours"] is not None:
            limits = GroupCeilings(
                group="A", hours_limit=data["hours"], count_limit=data["count"], amount_limit=data["amount"]
            )
            ceilings = (limits,)
        change = IssueDataChange(
            taxpayer_name=data["taxpayer_name"] or None, bureau_code=data["bureau_code"] or None, ceilings=ceilings
        )
        return {"change": change.to_json()}


DRAFT_FORMS: dict[str, type[DraftForm]] = {
    RequestKind.CHANGE: ChangeDraftForm,
    RequestKind.ADD_STOCK: StockDraftForm,
    RequestKind.RETURN_STOCK: StockDraftForm,
}
