"""The kinds of basics that have pages: their forms, their words, their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invoicing.forms import PreciseField
from invoicing.models import BankAccount, Customer, Goods, Issuer, Unit
from taxhall.common.forms import HallForm
from taxhall.common.rates import TaxRate


class CustomerForm(HallForm):
    """A buyer."""

    name = forms.CharField(label=_("客户名称"), max_length=100, help_text=_("营业执照上的全称。"))
    number = forms.CharField(
        label=_("纳税人识别号"),
        max_length=20,
        required=False,
        help_text=_("15、17、18 或 20 位；18 位的核对校验位。个人留空。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    address = forms.CharField(label=_("地址、电话"), max_length=100, required=False)
    bank = forms.CharField(label=_("开户行及账号"), max_length=100, required=False)


class GoodsForm(HallForm):
    """Goods or a service."""

    name = forms.CharField(
        label=_("商品名称"), max_length=90, help_text=_("不用写简称：编码在编码表中的，开票时写作“*简称*商品名称”。")
    )
    tax_code = forms.CharField(
        label=_("税收分类编码"),
        max_length=19,
        help_text=_("19 位末级编码；不知道的可先查找。"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    rate = forms.ChoiceField(label=_("税率/征收率"), choices=TaxRate.choices)
    spec = forms.CharField(label=_("规格型号"), max_length=40, required=False)
    unit = forms.CharField(label=_("单位"), max_length=22, required=False)
    price = PreciseField(label=_("单价"))


class UnitForm(HallForm):
    """A unit of measure."""

    name = forms.CharField(label=_("单位"), max_length=22, help_text=_("例如：台、千克、次。"))


class BankAccountForm(HallForm):
    """An account of the company itself."""

    bank = forms.CharField(label=_("开户行"), max_length=60)
    account = forms.CharField(
        label=_("账号"), max_length=32, widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    )
    is_usual = forms.BooleanField(label=_("开票时使用这个账户"), required=False)


class IssuerForm(HallForm):
    """The people at the foot of the invoice."""

    payee = forms.CharField(label=_("收款人"), max_length=8, required=False)
    reviewer = forms.CharField(label=_("复核"), max_length=8, required=False)
    drawer = forms.CharField(label=_("开票人"), max_length=8, required=False)
    is_usual = forms.BooleanField(label=_("开票时自动填入"), required=False)


@dataclass(frozen=True)
class Basic:
    """One kind of basics."""

    slug: str
    model: type[models.Model]
    form: type[HallForm]
    title: str | Promise
    hint: str | Promise
    columns: tuple[str, ...]

    @property
    def headings(self) -> list[Any]:
        """The words above the columns."""
        return [self.form.base_fields[name].label for name in self.columns]

    def cells(self, row: Any) -> list[str]:
        """Return what a row shows in each column."""
        return [self._cell(row, name) for name in self.columns]

    def _cell(self, row: Any, name: str) -> str:
        value = getattr(row, name)
        if isinstance(value, bool):
            return str(_("是")) if value else "—"
        if name == "rate":
            return str(row.get_rate_display())
        if name == "price" and value is not None:
            return f"{value:f}".rstrip("0").rstrip(".")
        return str(value or "—")


BASICS = {
    each.slug: each
    for each in (
        Basic(
            "customers",
            Customer,
            CustomerForm,
            _("客户"),
            _("开票时输入名称、拼音首字母或税号即可带出整套开票资料。"),
            ("name", "number", "address", "bank"),
        ),
        Basic(
            "goods",
            Goods,
            GoodsForm,
            _("商品和服务"),
            _("开票时输入名称、拼音首字母或编码即可带出编码、税率和单价。"),
            ("name", "tax_code", "rate", "spec", "unit", "price"),
        ),
        Basic("units", Unit, UnitForm, _("计量单位"), _("填写单位时可以直接选用。"), ("name",)),
        Basic(
            "banks",
            BankAccount,
            BankAccountForm,
            _("本企业银行账户"),
            _("选定的账户印在发票销售方一栏；没有选定的用登记信息里的账户。"),
            ("bank", "account", "is_usual"),
        ),
        Basic(
            "issuers",
            Issuer,
            IssuerForm,
            _("开票人员"),
            _("选定的一组会自动填入新发票的收款人、复核和开票人。"),
            ("payee", "reviewer", "drawer", "is_usual"),
        ),
    )
}
