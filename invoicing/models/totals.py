"""Rollups: what the numbered invoices add up to, kept by a trigger in the transaction of the invoice itself."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from devices.choices import InvoiceKind, TotalKind
from devices.models import Device
from taxhall.common.money import MoneyField

# In MonthTotal.rate: the invoices as wholes, each counted once however many rates it has.
ALL_RATES = ""


class Rollup(models.Model):
    """Count and money of the numbered invoices of one disk and month that share the key of the row.

    Written by the trigger alone and never by Python; `manage.py rebuild_rollups --check` proves it equal to the
    invoices. The disk is part of every key: invoices of one disk are signed one after the other, so no two
    transactions wait for each other here that did not already wait for the disk. Digital invoices have none and share a
    row with none; those of one company wait for its credit instead.
    """

    # The unique key of each table begins with these two, so the usual indexes are left out.
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("销售方")
    )
    month = models.DateField(_("月份"))
    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, related_name="+", null=True, db_index=False, verbose_name=_("税控设备")
    )
    total_kind = models.CharField(_("类别"), max_length=13, choices=TotalKind)
    count = models.BigIntegerField(_("份数"))
    amount = MoneyField(_("金额"), max_digits=20)
    tax = MoneyField(_("税额"), max_digits=20)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.get_total_kind_display()} {self.count}"


class MonthTotal(Rollup):
    """By kind and rate; an invoice of two rates counts once in each, and once in the row of all rates."""

    kind = models.CharField(_("票种"), max_length=3, choices=InvoiceKind)
    rate = models.CharField(_("税率"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("月度汇总")
        verbose_name_plural = _("月度汇总")
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "month", "device", "kind", "rate", "total_kind"],
                name="invoicing_monthtotal_key_once",
                nulls_distinct=False,
            )
        ]


class CustomerTotal(Rollup):
    """By buyer, as written on the invoices."""

    buyer_number = models.CharField(_("购买方纳税人识别号"), max_length=20, blank=True)
    buyer_name = models.CharField(_("购买方名称"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("客户汇总")
        verbose_name_plural = _("客户汇总")
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "month", "device", "buyer_number", "buyer_name", "total_kind"],
                name="invoicing_customertotal_key_once",
                nulls_distinct=False,
            )
        ]


class GoodsTotal(Rollup):
    """By goods, as written on the lines; an invoice counts once per name."""

    tax_code = models.CharField(_("商品和服务税收分类编码"), max_length=19, blank=True)
    name = models.CharField(_("项目名称"), max_length=100)

    class Meta:
        verbose_name = _("商品汇总")
        verbose_name_plural = _("商品汇总")
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "month", "device", "tax_code", "name", "total_kind"],
                name="invoicing_goodstotal_key_once",
                nulls_distinct=False,
            )
        ]


class SalesTotal(Rollup):
    """By kind, rate and first digit of the tax code, which tells the column of the return.

    Returns and comparisons read sales here; an invoice counts once in each row its lines belong to.
    """

    kind = models.CharField(_("票种"), max_length=3, choices=InvoiceKind)
    rate = models.CharField(_("税率"), max_length=10)
    section = models.CharField(_("编码首位"), max_length=1, blank=True)

    class Meta:
        verbose_name = _("销售汇总")
        verbose_name_plural = _("销售汇总")
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "month", "device", "kind", "rate", "section", "total_kind"],
                name="invoicing_salestotal_key_once",
                nulls_distinct=False,
            )
        ]
