"""Invoices: a snapshot of both parties, the lines and what the disk signed."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate, Reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer
from devices.choices import DIGITAL_KINDS, InvoiceKind
from devices.models import Device
from invoicing.choices import (
    NUMBERED_STATES,
    PAPER_KINDS,
    WAITING_STATES,
    InvoiceState,
    LineKind,
    RateReason,
    RedReason,
)
from invoicing.querysets import NOT_PRINTED, NOT_UPLOADED, InvoiceQuerySet
from taxhall.common.models import TimestampedModel
from taxhall.common.money import MoneyField
from taxhall.common.rates import TaxRate

_DIGITAL = sorted(DIGITAL_KINDS)
_LIST_ORDER = ("taxpayer", models.F("dated_on").desc(), models.F("id").desc())


class Invoice(TimestampedModel):
    """One VAT invoice of a seller.

    Made as a draft; its parties, lines and money are frozen from the moment the disk is asked to sign,
    its number once the disk has signed (both held by triggers). A mistake is corrected by voiding, or
    later by a red invoice, never by an edit.
    """

    # The lists' own indexes begin with these two columns, so the usual ones are left out.
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="invoices", db_index=False, verbose_name=_("销售方")
    )
    device = models.ForeignKey(
        Device,
        on_delete=models.PROTECT,
        related_name="invoices",
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("税控设备"),
    )
    kind = models.CharField(_("票种"), max_length=3, choices=InvoiceKind)
    state = models.CharField(_("状态"), max_length=10, choices=InvoiceState, default=InvoiceState.DRAFT)
    draft_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    request_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    issue_key = models.CharField(max_length=64, blank=True, editable=False)
    # The business day: of the draft until the disk signs, then the day the disk printed.
    dated_on = models.DateField(_("开票日期"))

    code = models.CharField(_("发票代码"), max_length=12, blank=True)
    number = models.CharField(_("发票号码"), max_length=20, blank=True)
    issued_at = models.DateTimeField(_("开票时间"), null=True, blank=True)
    counter = models.PositiveBigIntegerField(_("设备签名序号"), null=True, blank=True)
    check_code = models.CharField(_("校验码"), max_length=20, blank=True)
    cipher_text = models.CharField(_("密文"), max_length=120, blank=True)
    signed_message = models.JSONField(_("设备签名记录"), null=True, blank=True)

    seller_number = models.CharField(_("销售方纳税人识别号"), max_length=20)
    seller_name = models.CharField(_("销售方名称"), max_length=100)
    seller_address = models.CharField(_("销售方地址、电话"), max_length=120, blank=True)
    seller_bank = models.CharField(_("销售方开户行及账号"), max_length=100, blank=True)
    buyer_number = models.CharField(_("购买方纳税人识别号"), max_length=20, blank=True)
    buyer_name = models.CharField(_("购买方名称"), max_length=100, blank=True)
    buyer_address = models.CharField(_("购买方地址、电话"), max_length=100, blank=True)
    buyer_bank = models.CharField(_("购买方开户行及账号"), max_length=100, blank=True)

    amount = MoneyField(_("金额"), default=Decimal("0.00"))
    tax = MoneyField(_("税额"), default=Decimal("0.00"))
    total = MoneyField(_("价税合计"), default=Decimal("0.00"))
    is_tax_inclusive = models.BooleanField(_("按含税价录入"), default=False)
    deduction_amount = MoneyField(_("差额征税扣除额"), null=True, blank=True)
    remark = models.CharField(_("备注"), max_length=230, blank=True)
    payee = models.CharField(_("收款人"), max_length=20, blank=True)
    reviewer = models.CharField(_("复核"), max_length=20, blank=True)
    drawer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("开票人"),
    )
    drawer_name = models.CharField(_("开票人"), max_length=20)

    is_uploaded = models.BooleanField(_("已上传"), default=False)
    uploaded_at = models.DateTimeField(_("上传时间"), null=True, blank=True)

    # Copies after the first are told on the copy itself (第 2 次打印).
    print_count = models.PositiveSmallIntegerField(_("打印次数"), default=0)
    printed_at = models.DateTimeField(_("打印时间"), null=True, blank=True)

    void_request_id = models.UUIDField(null=True, blank=True, editable=False)
    void_reason = models.CharField(_("作废原因"), max_length=200, blank=True)
    voided_at = models.DateTimeField(_("作废时间"), null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("作废人"),
    )
    void_message = models.JSONField(_("设备作废记录"), null=True, blank=True)

    # A red invoice names the blue one it takes back; a special one the form it was allowed by.
    blue = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reds",
        db_index=False,
        verbose_name=_("对应蓝字发票"),
    )
    red_form = models.ForeignKey(
        "invoicing.RedForm",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reds",
        db_index=False,
        verbose_name=_("红字信息表"),
    )
    red_reason = models.CharField(_("红冲原因"), max_length=10, choices=RedReason, blank=True)
    # On a blue invoice: what signed red invoices take back of it, kept in the transaction that records them.
    red_amount = MoneyField(_("已红冲金额"), default=Decimal("0.00"))
    red_tax = MoneyField(_("已红冲税额"), default=Decimal("0.00"))

    error_code = models.CharField(_("错误代码"), max_length=60, blank=True)
    error_text = models.CharField(_("错误说明"), max_length=500, blank=True)
    error_next_step = models.CharField(_("处理办法"), max_length=500, blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("发票")
        verbose_name_plural = _("发票")
        ordering = ["-dated_on", "-id"]
        indexes = [
            models.Index(*_LIST_ORDER, name="invoicing_invoice_list"),
            models.Index("device", "dated_on", name="invoicing_invoice_ledger"),
            models.Index("blue", name="invoicing_invoice_reds", condition=Q(blue__isnull=False)),
            models.Index("state", name="invoicing_invoice_waiting", condition=Q(state__in=WAITING_STATES)),
            # Searches: whole numbers and how they begin, how they end, sums, buyers.
            models.Index("taxpayer", Collate("number", "C"), name="invoicing_invoice_number", condition=~Q(number="")),
            models.Index(
                "taxpayer",
                Collate(Reverse("number"), "C"),
                name="invoicing_invoice_ending",
                condition=~Q(number=""),
            ),
            models.Index("taxpayer", "total", "id", name="invoicing_invoice_total"),
            models.Index("taxpayer", "buyer_name", *_LIST_ORDER[1:], name="invoicing_invoice_buyer"),
            # Quick views: few rows each, in the order of the list.
            models.Index(*_LIST_ORDER, name="invoicing_invoice_unnumbered", condition=Q(number="")),
            models.Index(*_LIST_ORDER, name="invoicing_invoice_unsent", condition=NOT_UPLOADED),
            models.Index(*_LIST_ORDER, name="invoicing_invoice_unprinted", condition=NOT_PRINTED),
            models.Index(*_LIST_ORDER, name="invoicing_invoice_voided", condition=Q(state=InvoiceState.VOIDED)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code", "number"],
                name="invoicing_invoice_number_once",
                condition=~Q(number=""),
                violation_error_message=_("该发票代码、号码已经存在。"),
            ),
            models.UniqueConstraint(
                fields=["void_request_id"],
                name="invoicing_invoice_void_request_once",
                condition=Q(void_request_id__isnull=False),
            ),
            models.CheckConstraint(condition=Q(state__in=InvoiceState.values), name="invoicing_invoice_state_known"),
            models.CheckConstraint(condition=Q(kind__in=InvoiceKind.values), name="invoicing_invoice_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=NUMBERED_STATES)
                & ~Q(number="")
                & ~Q(code="")
                & Q(issued_at__isnull=False, counter__isnull=False)
                | Q(state=InvoiceState.ISSUED, kind__in=_DIGITAL, number__regex=r"^\d{20}$", code="")
                & Q(issued_at__isnull=False, counter__isnull=True)
                | Q(state__in=[InvoiceState.DRAFT, InvoiceState.ISSUING], number="", code="", issued_at__isnull=True)
                | Q(state=InvoiceState.IN_DOUBT),
                name="invoicing_invoice_numbered_when_issued",
            ),
            # The platform issues at once and voids nothing; every other kind is some disk's.
            models.CheckConstraint(
                condition=Q(kind__in=_DIGITAL, device__isnull=True)
                & Q(state__in=[InvoiceState.DRAFT, InvoiceState.ISSUING, InvoiceState.ISSUED])
                | ~Q(kind__in=_DIGITAL) & Q(device__isnull=False),
                name="invoicing_invoice_device_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(total=models.F("amount") + models.F("tax")), name="invoicing_invoice_total_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(state=InvoiceState.DRAFT)
                | Q(blue__isnull=True, amount__gt=0, tax__gte=0)
                | Q(blue__isnull=False, amount__lt=0, tax__lte=0),
                name="invoicing_invoice_sign_fits_colour",
            ),
            models.CheckConstraint(
                condition=Q(red_amount__gte=0, red_tax__gte=0)
                & (Q(red_amount=0, red_tax=0) | Q(red_amount__lte=models.F("amount"), red_tax__lte=models.F("tax"))),
                name="invoicing_invoice_red_within_blue",
            ),
            models.UniqueConstraint(
                fields=["red_form"],
                condition=Q(red_form__isnull=False) & ~Q(state=InvoiceState.VOIDED),
                name="invoicing_invoice_red_form_once",
            ),
            models.CheckConstraint(
                condition=Q(is_uploaded=False) | ~Q(number=""), name="invoicing_invoice_uploaded_has_number"
            ),
            models.CheckConstraint(
                condition=~Q(state=InvoiceState.VOIDED) | Q(voided_at__isnull=False, voided_by__isnull=False),
                name="invoicing_invoice_void_has_author",
            ),
        ]

    def __str__(self) -> str:
        if self.number:
            return f"{self.get_kind_display()} {self.full_number}"
        return f"{self.get_kind_display()} {self.get_state_display()} {self.pk}"

    @property
    def is_draft(self) -> bool:
        """Whether it can still be edited."""
        return self.state == InvoiceState.DRAFT

    @property
    def is_digital(self) -> bool:
        """Whether the bureau's platform issues it, without any disk (数电票)."""
        return self.kind in DIGITAL_KINDS

    @property
    def is_paper(self) -> bool:
        """Whether it is on paper; only such an invoice is ever voided."""
        return self.kind in PAPER_KINDS

    @property
    def is_taken_back(self) -> bool:
        """Whether red invoices have taken all of it back, so that nothing is left to take back or to void."""
        return bool(self.red_amount) and self.red_amount == self.amount

    @property
    def way_to_correct(self) -> str:
        """What can be done about it once it is issued and wrong, in words; electronic ones are never voided."""
        if self.is_red:
            return str(_("开错的可在当月、抄报前作废。") if self.is_paper else _("红字发票不能作废，也不能再红冲。"))
        return str(
            _("开错的可在当月、抄报前作废后重开，或者红冲。") if self.is_paper else _("开错的不能作废，只能红冲。")
        )

    @property
    def disk(self) -> Device:
        """The disk that issues it. Raises: ValueError for a digital invoice."""
        if self.device is None:
            raise ValueError("a digital invoice has no disk")
        return self.device

    @property
    def full_number(self) -> str:
        """Code and number; a digital invoice has no code."""
        return f"{self.code} {self.number}".strip()

    @property
    def file_stem(self) -> str:
        """How a file of it is called: by what numbers it has, a draft by its row."""
        return "-".join(part for part in (self.code, self.number or str(self.pk)) if part)

    @property
    def is_red(self) -> bool:
        """Whether it takes back another (红字)."""
        return self.blue_id is not None

    @property
    def is_waiting(self) -> bool:
        """Whether the disk's word is awaited."""
        return self.state in WAITING_STATES

    @property
    def is_numbered(self) -> bool:
        """Whether the disk has signed it."""
        return bool(self.number)


class InvoiceLine(models.Model):
    """One line of an invoice; written with the draft and frozen with the invoice (trigger)."""

    invoice = models.ForeignKey(
        Invoice, on_delete=models.CASCADE, related_name="lines", db_index=False, verbose_name=_("发票")
    )
    position = models.PositiveSmallIntegerField(_("行号"))
    line_kind = models.CharField(_("行性质"), max_length=1, choices=LineKind, default=LineKind.NORMAL)
    # The blue line that a red line takes back, its discount line included.
    source = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="red_lines", db_index=False
    )
    name = models.CharField(_("项目名称"), max_length=100)
    tax_code = models.CharField(_("商品和服务税收分类编码"), max_length=19, blank=True)
    spec = models.CharField(_("规格型号"), max_length=40, blank=True)
    unit = models.CharField(_("单位"), max_length=22, blank=True)
    quantity = models.DecimalField(_("数量"), max_digits=20, decimal_places=8, null=True, blank=True)
    # As entered: includes the tax when is_tax_inclusive.
    price = models.DecimalField(_("单价"), max_digits=24, decimal_places=8, null=True, blank=True)
    is_tax_inclusive = models.BooleanField(_("含税价"), default=False)
    amount = MoneyField(_("金额"))
    rate = models.CharField(_("税率"), max_length=10, choices=TaxRate)
    # LSLBS: 0 出口零税, 1 免税, 2 不征税, 3 普通零税率; empty when taxed.
    zero_mark = models.CharField(_("零税率标识"), max_length=1, blank=True)
    rate_reason = models.CharField(_("适用 3% 的原因"), max_length=10, choices=RateReason, blank=True)
    tax = MoneyField(_("税额"))

    class Meta:
        verbose_name = _("发票明细")
        verbose_name_plural = _("发票明细")
        # By the key itself: by the invoice, its own order would join it to every read of lines.
        ordering = ["invoice_id", "position"]
        indexes = [models.Index("source", name="invoicing_line_source", condition=Q(source__isnull=False))]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoicing_line_position_once"),
            models.CheckConstraint(condition=Q(rate__in=TaxRate.values), name="invoicing_line_rate_known"),
            models.CheckConstraint(
                condition=Q(line_kind=LineKind.DISCOUNT, amount__lte=0, tax__lte=0)
                | (~Q(line_kind=LineKind.DISCOUNT) & Q(source__isnull=True, amount__gte=0, tax__gte=0))
                | (~Q(line_kind=LineKind.DISCOUNT) & Q(source__isnull=False, amount__lte=0, tax__lte=0)),
                name="invoicing_line_sign_fits_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.name}"
