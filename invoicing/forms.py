"""What is typed about invoices: type and shape only, the rules come after."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import InvoiceState, RateReason
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.filters import SORTS, InvoiceFilters
from invoicing.reports import REPORTS
from invoicing.rules import MAX_LINES
from invoicing.rules.buyer import needed_fields
from taxhall.common.forms import HallForm, KeptFileField, MoneyFormField, PeriodFormField
from taxhall.common.rates import TaxRate
from taxhall.common.sheets import FileFormat

DEPENDING_FIELDS = ("buyer_number", "buyer_address", "buyer_bank")
Choices = Sequence[tuple[str, Any]]


class PreciseField(MoneyFormField):
    """A quantity or a unit price: up to eight decimals."""

    default_error_messages = {
        "invalid": _("请填写数字，例如 12.5"),
        "max_decimal_places": _("最多 8 位小数，请减少小数位数"),
        "min_value": _("请填写不小于零的数"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=20, decimal_places=8, min_value=Decimal(0), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a stored number without the zeros that only its column added; what was typed stays as typed."""
        if not isinstance(value, Decimal):
            return value
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


class NeededField(forms.CharField):
    """Shown as needed, because the invoice is not issued without it; a draft may still be saved empty."""

    def validate(self, value: Any) -> None:
        """Let an empty value pass; the rules ask for it before the disk is asked."""
        if value not in self.empty_values:
            super().validate(value)


def _amount(label: Any, **kwargs: Any) -> MoneyFormField:
    return MoneyFormField(label=label, max_digits=14, min_value=Decimal(0), required=False, **kwargs)


class InvoiceForm(HallForm):
    """The buyer's part and the switches of an invoice."""

    draft_key = forms.UUIDField(widget=forms.HiddenInput)
    # The mark of the stored draft that the page was made from; empty while there is none.
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    device = forms.ChoiceField(label=_("税控设备"), required=False, help_text=_("数电票不使用税控设备，选什么都可以。"))
    kind = forms.ChoiceField(label=_("票种"))
    buyer_name = NeededField(
        label=_("购买方名称"),
        max_length=100,
        help_text=_("营业执照上的全称；个人填写姓名或“个人”。也可输入拼音首字母或税号，再从客户中选取。"),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "hx-get": reverse_lazy("invoicing:suggest-customers"),
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "#customer-choices",
            }
        ),
    )
    buyer_number = NeededField(
        label=_("购买方纳税人识别号"),
        max_length=20,
        help_text=_(
            "专用发票和机动车发票必填；购买方是企业的，普通发票也必填；个人的普通发票可留空。15、17、18 或 20 位。"
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    buyer_address = NeededField(label=_("购买方地址、电话"), max_length=100, help_text=_("税控专用发票必填。"))
    buyer_bank = NeededField(label=_("购买方开户行及账号"), max_length=100, help_text=_("税控专用发票必填。"))
    is_tax_inclusive = forms.BooleanField(label=_("单价和金额按含税价录入"), required=False)
    deduction = _amount(_("差额征税扣除额"), help_text=_("只在差额征税时填写；按含税价录入、只有一行，备注自动加注。"))
    remark = forms.CharField(label=_("备注"), max_length=230, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    payee = forms.CharField(label=_("收款人"), max_length=8, required=False)
    reviewer = forms.CharField(label=_("复核"), max_length=8, required=False)

    def __init__(self, *args: Any, devices: Choices, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("device", devices), ("kind", kinds)):
            cast(forms.ChoiceField, self.fields[name]).choices = choices
        # What is needed depends on what is typed: the labels say what holds now, the rules judge it on issuing.
        needed = needed_fields(*(str(self[name].value() or "") for name in ("kind", "buyer_name")))
        for name in DEPENDING_FIELDS:
            self.fields[name].required = name in needed

    @property
    def depending_fields(self) -> list[forms.BoundField]:
        """The fields that are needed or not by kind and buyer."""
        return [self[name] for name in DEPENDING_FIELDS]

    def clean_device(self) -> str:
        """Ask for a disk where the kind needs one; what was chosen beside a digital kind is only a leftover."""
        serial = str(self.cleaned_data["device"])
        if not serial and self.data.get("kind") not in DIGITAL_KINDS:
            raise forms.ValidationError(_("请选择税控设备；只有数电票不需要。"))
        return serial


class LineForm(HallForm):
    """One line of an invoice."""

    name = NeededField(
        label=_("项目名称"),
        max_length=100,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "hx-get": reverse_lazy("invoicing:suggest-goods"),
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "next .goods-choices",
            }
        ),
    )
    tax_code = NeededField(
        label=_("税收分类编码"),
        help_text=_("19 位末级编码，如软件维护 3040203000000000000。"),
        max_length=19,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    spec = forms.CharField(label=_("规格型号"), max_length=40, required=False)
    unit = forms.CharField(
        label=_("单位"), max_length=22, required=False, widget=forms.TextInput(attrs={"list": "units"})
    )
    quantity = PreciseField(label=_("数量"))
    price = PreciseField(label=_("单价"))
    amount = _amount(_("金额"), help_text=_("填了数量和单价可留空。"))
    rate = forms.ChoiceField(label=_("税率/征收率"))
    rate_reason = forms.ChoiceField(
        label=_("按 3% 开具的原因"), required=False, choices=[("", _("不适用")), *RateReason.choices]
    )
    discount = _amount(_("折扣额"))
    is_export = forms.BooleanField(label=_("出口适用零税率"), required=False)

    def __init__(self, *args: Any, rates: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["rate"]).choices = rates
        if "3" not in dict(rates):
            del self.fields["rate_reason"]
        if "0" not in dict(rates):
            del self.fields["is_export"]


LineFormSet = forms.formset_factory(
    LineForm, extra=0, min_num=1, max_num=MAX_LINES, absolute_max=MAX_LINES + 1, validate_max=True
)


def draft_from(form: InvoiceForm, lines: Any) -> InvoiceDraft:
    """Return what two valid forms say together."""
    data = {name: value for name, value in form.cleaned_data.items() if name not in ("device", "seen")}
    entered = tuple(LineDraft(**line.cleaned_data) for line in lines.forms if line.cleaned_data)
    return InvoiceDraft(**data, lines=entered)


def blank_initial(*, device: str, kind: str) -> dict[str, Any]:
    """Return the first content of an empty form; its key makes two sendings one invoice."""
    return {"draft_key": uuid.uuid4(), "device": device, "kind": kind}


class VoidForm(HallForm):
    """The confirmation of a voiding: the number typed again, the reason, the copies."""

    number = forms.CharField(
        label=_("请再次输入发票号码"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = forms.CharField(label=_("作废原因"), max_length=200)
    copies_returned = forms.BooleanField(label=_("购买方未认证抵扣，全部联次已经收回"))


class FilterForm(HallForm):
    """The filters of the list, all optional, sent by GET."""

    period = PeriodFormField(label=_("开票月份"), required=False)
    kind = forms.ChoiceField(label=_("票种"), required=False, choices=[("", _("全部")), *InvoiceKind.choices])
    state = forms.ChoiceField(label=_("状态"), required=False, choices=[("", _("全部")), *InvoiceState.choices])
    rate = forms.ChoiceField(label=_("税率"), required=False, choices=[("", _("全部")), *TaxRate.choices])
    buyer = forms.CharField(label=_("购买方"), required=False, max_length=100)
    number = forms.CharField(
        label=_("发票号码"), required=False, max_length=20, help_text=_("整号，或开头、结尾的几位。")
    )
    amount_from = MoneyFormField(label=_("价税合计从"), max_digits=14, required=False)
    amount_to = MoneyFormField(label=_("到"), max_digits=14, required=False)
    device = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    unsent = forms.BooleanField(required=False, widget=forms.HiddenInput)
    unprinted = forms.BooleanField(required=False, widget=forms.HiddenInput)
    badsign = forms.BooleanField(required=False, widget=forms.HiddenInput)
    colour = forms.ChoiceField(
        required=False, choices=[("", ""), ("red", "red"), ("reversed", "reversed")], widget=forms.HiddenInput
    )
    sort = forms.ChoiceField(required=False, choices=[(key, key) for key in SORTS], widget=forms.HiddenInput)

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """The filters that most people need."""
        return [self[name] for name in ("period", "state", "buyer", "number")]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The filters behind 更多条件."""
        return [self[name] for name in ("kind", "rate", "amount_from", "amount_to")]

    @property
    def uses_more(self) -> bool:
        """Whether one of those behind 更多条件 is set or could not be read."""
        return any(field.data or field.errors for field in self.more_fields)

    def filters(self) -> InvoiceFilters:
        """Return the filters; what could not be read narrows nothing."""
        data = self.cleaned_data
        return InvoiceFilters(
            period=data.get("period"),
            kind=data.get("kind", ""),
            states=(data["state"],) if data.get("state") else (),
            rate=data.get("rate", ""),
            buyer=data.get("buyer", ""),
            number=data.get("number", ""),
            amount_from=data.get("amount_from"),
            amount_to=data.get("amount_to"),
            device_serial=data.get("device", ""),
            not_uploaded=bool(data.get("unsent")),
            not_printed=bool(data.get("unprinted")),
            signature_failed=bool(data.get("badsign")),
            colour=data.get("colour", ""),
            sort=data.get("sort", ""),
        )


class ReportForm(HallForm):
    """The month of a report, sent by GET."""

    period = PeriodFormField(label=_("所属期"), help_text=_("例如 2026-10"))


class SubscriptionForm(HallForm):
    """Which report is made every month, and as what."""

    report = forms.ChoiceField(label=_("报表"), choices=lambda: [(each.name, each.title) for each in REPORTS])
    file_format = forms.ChoiceField(label=_("格式"), choices=FileFormat.choices)


class BackupForm(HallForm):
    """Which month to back up."""

    period = PeriodFormField(label=_("所属期"), help_text=_("例如 2026-11"))


class BackupDownloadForm(HallForm):
    """The passphrase that closes a backup, twice."""

    passphrase = forms.CharField(
        label=_("备份口令"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("至少 12 位。大厅不保存它，忘记了谁也打不开这份备份，请妥善保管。"),
    )
    repeat = forms.CharField(
        label=_("再输入一次"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Compare the two."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("passphrase") and values.get("repeat") and values["passphrase"] != values["repeat"]:
            self.add_error("repeat", _("两次输入的口令不一样，请重新输入"))
        return values


class BackupOpenForm(HallForm):
    """A backup file and its passphrase."""

    file = KeptFileField(label=_("备份文件"))
    passphrase = forms.CharField(
        label=_("备份口令"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("下载备份时设置的口令。"),
    )


class SettleForm(HallForm):
    """What an officer found about an invoice, and a one-time code where the last proof is too old."""

    evidence = forms.CharField(
        label=_("认定依据"),
        max_length=500,
        help_text=_("检测单号、看到的设备界面、经办人。"),
        widget=forms.Textarea(attrs={"rows": 3}),
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
