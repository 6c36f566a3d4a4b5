"""What an officer enters on the review page; shape only, the rules are in the services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from clearcard.choices import RETURNABLE, RejectReason
from clearcard.shapes import ReturnedItem
from taxhall.common.errors import TaxhallError
from taxhall.common.forms import HallForm

# Offered while typing; any other words are as good.
PHRASES = (
    _("照片不清晰，请重新拍摄后上传"),
    _("证件已过有效期，请上传有效的证件"),
    _("内容与登记信息不一致，请核对后重新上传"),
    _("金额与设备抄报数据不一致，请核对后修改"),
    _("请说明差额的原因"),
)


def _area(rows: int, html_id: str) -> forms.Textarea:
    """Several text areas stand on one page, so each is given an id of its own."""
    return forms.Textarea(attrs={"rows": rows, "id": html_id})


class DecisionForm(HallForm):
    """A form of one decision; what a service refused stands beside its fields."""

    # Names of the services' fields that are called otherwise on the page.
    places: Mapping[str, str] = {}

    def refuse(self, error: TaxhallError) -> None:
        """Show what was refused at its place, in the service's words."""
        self.full_clean()
        self.errors.clear()
        for name, messages in error.fields.items():
            target = self.places.get(name, name)
            for message in messages:
                self.add_error(target if target in self.fields else None, str(message))
        if not error.fields:
            self.add_error(None, f"{error.message}{error.next_step}")


class NoteForm(DecisionForm):
    """An internal note."""

    text = forms.CharField(label=_("备注内容"), max_length=2000, widget=_area(3, "note-text"))


class ApproveForm(DecisionForm):
    """The approver's words, if any, and a one-time code where the last proof is too old."""

    note = forms.CharField(label=_("审核意见"), max_length=500, required=False, widget=_area(2, "approve-note"))
    code = forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("审核通过前需要再次验证身份：请填写验证器上的 6 位数字。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "id": "approve-code", "class": "short"}
        ),
    )

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]


class SettleForm(DecisionForm):
    """What an officer found out about a clear that its disk cannot tell of, and a one-time code where one is due."""

    evidence = forms.CharField(
        label=_("认定依据"),
        max_length=400,
        help_text=_("写明检测单号、看到的设备界面和经办人；会永久保存在办理记录中。"),
        widget=_area(3, "settle-evidence"),
    )
    code = forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("决定前需要再次验证身份：请填写验证器上的 6 位数字。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "id": "settle-code", "class": "short"}
        ),
    )

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]


class ReturnForm(DecisionForm):
    """A word on the whole; the marked items come beside it."""

    note = forms.CharField(label=_("总体说明"), max_length=500, required=False, widget=_area(2, "return-note"))


class RejectForm(DecisionForm):
    """Why the application is refused."""

    # Not "code": fields called so are taken for secrets and not kept when a session ends.
    places = {"reason_code": "reason"}
    reason = forms.ChoiceField(
        label=_("驳回原因"),
        choices=[("", _("请选择")), *RejectReason.choices],
        widget=forms.Select(attrs={"id": "reject-reason"}),
    )
    text = forms.CharField(label=_("具体理由和纳税人可以怎么做"), max_length=1000, widget=_area(3, "reject-text"))


class BatchForm(ApproveForm):
    """The words that go with every approval of a batch, and a one-time code where the last proof is too old."""


class TransferForm(DecisionForm):
    """To whom the application is handed on, and why."""

    receiver = forms.ChoiceField(label=_("接收人"), widget=forms.Select(attrs={"id": "transfer-receiver"}))
    reason = forms.CharField(label=_("转交原因"), max_length=300, widget=_area(2, "transfer-reason"))

    def __init__(self, *args: Any, receivers: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["receiver"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = [("", _("请选择")), *((each.pk, str(each)) for each in receivers)]


def marked_items(data: Mapping[str, str], targets: Sequence[str]) -> list[ReturnedItem]:
    """Return the items to be put right: those that are ticked, and those that words were written for."""
    return [
        ReturnedItem(target, words)
        for target, _label in RETURNABLE
        if (words := data.get(f"words:{target}", "").strip()) or target in targets
    ]


def return_rows(data: Mapping[str, str], targets: Sequence[str], *, refused: bool = False) -> list[dict[str, Any]]:
    """Return every item that may be marked, with what was ticked and typed, and whether its words are lacking."""
    return [
        {
            "target": target,
            "label": label,
            "checked": target in targets,
            "words": data.get(f"words:{target}", ""),
            "lacks_words": refused and target in targets and not data.get(f"words:{target}", "").strip(),
        }
        for target, label in RETURNABLE
    ]
