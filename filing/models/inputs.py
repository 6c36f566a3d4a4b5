"""The input side (进项): deduction vouchers, whether they are ticked, and tax transferred out again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from filing.choices import TickState, TransferLine, VoucherCheck, VoucherKind
from taxhall.common.models import TimestampedModel
from taxhall.common.money import MoneyField
from taxhall.common.periods import TaxPeriod


class InputVoucher(TimestampedModel):
    """One deduction voucher of a buyer; ticked into a period, and fixed there once its return is filed."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="input_vouchers", verbose_name=_("纳税人")
    )
    kind = models.CharField(_("凭证种类"), max_length=15, choices=VoucherKind)
    code = models.CharField(_("代码"), max_length=12, blank=True)
    number = models.CharField(_("号码"), max_length=30)
    dated_on = models.DateField(_("开具日期"))
    seller_number = models.CharField(_("销方税号"), max_length=20, blank=True)
    seller_name = models.CharField(_("销方名称"), max_length=100)
    amount = MoneyField(_("金额"))
    # What may be deducted: the tax on the voucher, or the tax computed from it (农产品、旅客运输).
    tax = MoneyField(_("可抵扣税额"))
    is_real_estate = models.BooleanField(_("用于购建不动产"), default=False)
    check_result = models.CharField(_("核对"), max_length=10, choices=VoucherCheck, default=VoucherCheck.UNKNOWN)
    state = models.CharField(_("勾选状态"), max_length=12, choices=TickState, default=TickState.OPEN)
    period_start = models.DateField(_("勾选所属期"), null=True, blank=True)
    ticked_at = models.DateTimeField(_("勾选时间"), null=True, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("录入人")
    )

    class Meta:
        verbose_name = _("进项凭证")
        verbose_name_plural = _("进项凭证")
        ordering = ["-dated_on", "-pk"]
        indexes = [models.Index(fields=["taxpayer", "period_start", "state"], name="filing_voucher_ticked")]
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "code", "number"], name="filing_voucher_entered_once"),
            models.CheckConstraint(condition=Q(kind__in=VoucherKind.values), name="filing_voucher_kind_known"),
            models.CheckConstraint(condition=Q(state__in=TickState.values), name="filing_voucher_state_known"),
            models.CheckConstraint(
                condition=Q(check_result__in=VoucherCheck.values), name="filing_voucher_check_result_known"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, tax__gte=0), name="filing_voucher_not_negative"),
            models.CheckConstraint(
                condition=Q(state=TickState.OPEN, period_start__isnull=True)
                | (~Q(state=TickState.OPEN) & Q(period_start__isnull=False)),
                name="filing_voucher_ticked_into_a_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.number}".strip()

    @property
    def period(self) -> TaxPeriod | None:
        """The month it was ticked into; none while it is open."""
        return TaxPeriod.of_month(self.period_start) if self.period_start else None


class InputTransfer(TimestampedModel):
    """Input tax transferred out in a period (进项税额转出); cancelled, never removed."""

    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="input_transfers", verbose_name=_("纳税人")
    )
    period_start = models.DateField(_("所属期"))
    line = models.CharField(_("附列资料（二）栏次"), max_length=3, choices=TransferLine)
    tax = MoneyField(_("转出税额"))
    voucher = models.ForeignKey(
        InputVoucher, on_delete=models.PROTECT, null=True, blank=True, related_name="transfers", verbose_name=_("凭证")
    )
    notice_number = models.CharField(_("红字信息表编号"), max_length=30, blank=True)
    reason = models.CharField(_("转出原因"), max_length=200)
    is_cancelled = models.BooleanField(_("已撤销"), default=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("录入人")
    )

    class Meta:
        verbose_name = _("进项税额转出")
        verbose_name_plural = _("进项税额转出")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["taxpayer", "period_start"], name="filing_transfer_period")]
        constraints = [
            models.CheckConstraint(condition=Q(tax__gt=0), name="filing_transfer_positive"),
            models.CheckConstraint(condition=Q(line__in=TransferLine.values), name="filing_transfer_line_known"),
            models.CheckConstraint(
                condition=~Q(line=TransferLine.RED_NOTICE) | ~Q(notice_number=""),
                name="filing_transfer_red_has_its_notice",
            ),
            models.UniqueConstraint(
                fields=["taxpayer", "notice_number"],
                condition=~Q(notice_number="") & Q(is_cancelled=False),
                name="filing_transfer_notice_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.tax}"
