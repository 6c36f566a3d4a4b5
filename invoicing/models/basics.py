"""Basics (基础资料): what is typed once and filled into invoices, which keep copies of their own."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from taxhall.common.models import TimestampedModel
from taxhall.common.rates import TaxRate


class TaxCode(models.Model):
    """One class of the tax classification (商品和服务税收分类编码); loaded from a file by an operator."""

    code = models.CharField(_("编码"), max_length=19, primary_key=True)
    name = models.CharField(_("名称"), max_length=100)
    short_name = models.CharField(_("简称"), max_length=40)
    rates = ArrayField(models.CharField(max_length=10, choices=TaxRate), default=list, verbose_name=_("可用税率"))
    is_leaf = models.BooleanField(_("末级"), default=True)
    version = models.CharField(_("编码表版本号"), max_length=10, blank=True)
    search = models.CharField(max_length=400, editable=False)

    class Meta:
        verbose_name = _("税收分类编码")
        verbose_name_plural = _("税收分类编码")
        ordering = ["code"]
        indexes = [models.Index(OpClass("code", name="varchar_pattern_ops"), name="invoicing_taxcode_prefix")]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[1-6]\d{18}$"), name="invoicing_taxcode_shape"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Customer(TimestampedModel):
    """A buyer of one company; its number, or without one its name, is unique there."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="customers", db_index=False)
    name = models.CharField(_("客户名称"), max_length=100)
    number = models.CharField(_("纳税人识别号"), max_length=20, blank=True)
    address = models.CharField(_("地址、电话"), max_length=100, blank=True)
    bank = models.CharField(_("开户行及账号"), max_length=100, blank=True)
    search = models.CharField(max_length=400, editable=False)

    class Meta:
        verbose_name = _("客户")
        verbose_name_plural = _("客户")
        ordering = ["name", "pk"]
        indexes = [models.Index("taxpayer", "name", name="invoicing_customer_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "number"], condition=~Q(number=""), name="invoicing_customer_number_once"
            ),
            models.UniqueConstraint(
                fields=["taxpayer", "name"], condition=Q(number=""), name="invoicing_customer_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Goods(TimestampedModel):
    """What one company sells: the words of a line with its code, usual rate and price."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="goods", db_index=False)
    name = models.CharField(_("商品名称"), max_length=90)
    tax_code = models.CharField(_("税收分类编码"), max_length=19)
    spec = models.CharField(_("规格型号"), max_length=40, blank=True)
    unit = models.CharField(_("单位"), max_length=22, blank=True)
    price = models.DecimalField(_("单价"), max_digits=20, decimal_places=8, null=True, blank=True)
    rate = models.CharField(_("税率/征收率"), max_length=10, choices=TaxRate)
    search = models.CharField(max_length=400, editable=False)

    class Meta:
        verbose_name = _("商品和服务")
        verbose_name_plural = _("商品和服务")
        ordering = ["name", "spec", "pk"]
        indexes = [models.Index("taxpayer", "name", name="invoicing_goods_list")]
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "name", "spec", "unit"], name="invoicing_goods_once"),
            models.CheckConstraint(condition=Q(rate__in=TaxRate.values), name="invoicing_goods_rate_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A unit of measure that a company uses."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="units", db_index=False)
    name = models.CharField(_("单位"), max_length=22)

    class Meta:
        verbose_name = _("计量单位")
        verbose_name_plural = _("计量单位")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["taxpayer", "name"], name="invoicing_unit_once")]

    def __str__(self) -> str:
        return self.name


class BankAccount(models.Model):
    """An account of the company itself; the usual one is printed on its invoices."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="bank_accounts", db_index=False)
    bank = models.CharField(_("开户行"), max_length=60)
    account = models.CharField(_("账号"), max_length=32)
    is_usual = models.BooleanField(_("开票时使用"), default=False)

    class Meta:
        verbose_name = _("银行账户")
        verbose_name_plural = _("银行账户")
        ordering = [F("is_usual").desc(), "bank"]
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "account"], name="invoicing_bankaccount_once"),
            models.UniqueConstraint(
                fields=["taxpayer"], condition=Q(is_usual=True), name="invoicing_bankaccount_one_usual"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.account}"


class Issuer(models.Model):
    """The people printed at the foot of a company's invoices; the usual row is filled in."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="issuers", db_index=False)
    payee = models.CharField(_("收款人"), max_length=8, blank=True)
    reviewer = models.CharField(_("复核"), max_length=8, blank=True)
    drawer = models.CharField(_("开票人"), max_length=8, blank=True)
    is_usual = models.BooleanField(_("开票时使用"), default=False)

    class Meta:
        verbose_name = _("开票人员")
        verbose_name_plural = _("开票人员")
        ordering = [F("is_usual").desc(), "pk"]
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "payee", "reviewer", "drawer"], name="invoicing_issuer_once"),
            models.UniqueConstraint(fields=["taxpayer"], condition=Q(is_usual=True), name="invoicing_issuer_one_usual"),
        ]

    def __str__(self) -> str:
        return " / ".join(each for each in (self.payee, self.reviewer, self.drawer) if each)
