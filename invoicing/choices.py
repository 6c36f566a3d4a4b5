"""Values of invoicing and what each means in law or on the disk."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.choices import DIGITAL_KINDS, InvoiceKind


class InvoiceState(models.TextChoices):
    """Where an invoice stands; once numbered it is never edited, only voided or reversed."""

    DRAFT = "draft", _("草稿")
    ISSUING = "issuing", _("开具中")  # the disk was asked, its answer is awaited
    ISSUED = "issued", _("正常")
    VOIDING = "voiding", _("作废中")  # the disk was asked to void, its answer is awaited
    VOIDED = "voided", _("已作废")
    IN_DOUBT = "in_doubt", _("待核实")  # bytes were sent, no answer came: only the disk's own word leaves this


# Every change of state there is; the database trigger is generated from the same tuple.
TRANSITIONS: tuple[tuple[str, str], ...] = (
    (InvoiceState.DRAFT, InvoiceState.ISSUING),  # issue_invoice
    (InvoiceState.ISSUING, InvoiceState.ISSUED),  # the disk signed
    (InvoiceState.ISSUING, InvoiceState.DRAFT),  # the disk refused: nothing changed on it
    (InvoiceState.ISSUING, InvoiceState.IN_DOUBT),  # the answer was lost
    (InvoiceState.IN_DOUBT, InvoiceState.ISSUED),  # read back: signed, or never voided
    (InvoiceState.IN_DOUBT, InvoiceState.DRAFT),  # read back, or found by a person: never ran, and is not sent again
    (InvoiceState.ISSUED, InvoiceState.VOIDING),  # void_invoice
    (InvoiceState.VOIDING, InvoiceState.VOIDED),  # the disk voided
    (InvoiceState.VOIDING, InvoiceState.ISSUED),  # the disk refused: still valid
    (InvoiceState.VOIDING, InvoiceState.IN_DOUBT),  # the answer was lost
    (InvoiceState.IN_DOUBT, InvoiceState.VOIDED),  # read back: voided
    (InvoiceState.IN_DOUBT, InvoiceState.VOIDING),  # read back: never ran, sent again
)

# States in which the disk has signed the invoice and the number is taken.
NUMBERED_STATES: tuple[str, ...] = (InvoiceState.ISSUED, InvoiceState.VOIDING, InvoiceState.VOIDED)
# States that wait for the disk and keep a period from being closed.
WAITING_STATES: tuple[str, ...] = (InvoiceState.ISSUING, InvoiceState.VOIDING, InvoiceState.IN_DOUBT)


class LineKind(models.TextChoices):
    """What a line is (fphxz)."""

    NORMAL = "0", _("正常行")
    DISCOUNT = "1", _("折扣行")
    DISCOUNTED = "2", _("被折扣行")


class RedReason(models.TextChoices):
    """Why an invoice is taken back by a red one (红字)."""

    RETURN = "return", _("销货退回")
    ERROR = "error", _("开票有误")
    STOPPED = "stopped", _("服务中止")
    ALLOWANCE = "allowance", _("销售折让")


class RedApplicant(models.TextChoices):
    """Who applied for the red form (国家税务总局公告2016年第47号)."""

    SELLER = "seller", _("销售方（购买方未抵扣，发票未交付或已退回）")
    BUYER = "buyer", _("购买方（已抵扣，或未抵扣但发票无法退回）")


class RedFormState(models.TextChoices):
    """Where a red form (信息表) stands; the bureau's check is automatic, what fails it never becomes a form."""

    APPROVED = "approved", _("审核通过")  # its number may be used for one red invoice
    USED = "used", _("已开具红票")
    WITHDRAWN = "withdrawn", _("已撤销")


RED_FORM_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (RedFormState.APPROVED, RedFormState.USED),  # the disk signed the red invoice
    (RedFormState.USED, RedFormState.APPROVED),  # the red invoice was voided
    (RedFormState.APPROVED, RedFormState.WITHDRAWN),  # withdraw_red_form
)


class ConfirmationSide(models.TextChoices):
    """Who asks for a digital invoice to be taken back (国家税务总局公告2024年第11号)."""

    SELLER = "seller", _("销售方")
    BUYER = "buyer", _("购买方")


class ConfirmationState(models.TextChoices):
    """Where a confirmation (红字发票信息确认单) stands."""

    WAITING = "waiting", _("待对方确认")  # the other side has 72 hours
    CONFIRMED = "confirmed", _("已确认，可开具红票")
    REFUSED = "refused", _("对方不同意")
    WITHDRAWN = "withdrawn", _("已撤销")
    LAPSED = "lapsed", _("超时作废")  # nobody answered in time
    USED = "used", _("已开具红票")


CONFIRMATION_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (ConfirmationState.WAITING, ConfirmationState.CONFIRMED),  # answer_confirmation
    (ConfirmationState.WAITING, ConfirmationState.REFUSED),  # answer_confirmation
    (ConfirmationState.WAITING, ConfirmationState.LAPSED),  # 72 hours are over
    (ConfirmationState.WAITING, ConfirmationState.WITHDRAWN),  # withdraw_confirmation
    (ConfirmationState.CONFIRMED, ConfirmationState.WITHDRAWN),  # withdraw_confirmation
    (ConfirmationState.CONFIRMED, ConfirmationState.USED),  # the red invoice is issued
)
# At most one of these per invoice.
OPEN_CONFIRMATIONS: tuple[str, ...] = (ConfirmationState.WAITING, ConfirmationState.CONFIRMED)


class RateReason(models.TextChoices):
    """Why a small-scale taxpayer issues at 3% while 1% applies (SLSM; 公告2026年第4号)."""

    EARLIER = "earlier", _("前期已开具 3% 征收率发票，现退回、折让或更正")
    WAIVED = "waived", _("放弃享受减按 1% 征收率优惠")
    OTHER = "other", _("其他按规定适用 3% 征收率的情形")


class CreditChangeKind(models.TextChoices):
    """How an officer changes what a company may issue in digital invoices (发票总额度)."""

    PERIODIC = "periodic", _("定期调整（本月起每月的总额度）")
    TEMPORARY = "temporary", _("临时调整（只增减一个月）")


class BackupState(models.TextChoices):
    """Where a backup stands."""

    MAKING = "making", _("正在备份")
    READY = "ready", _("可下载")
    FAILED = "failed", _("没有完成")
    EXPIRED = "expired", _("文件已过期")


class BackupVerdict(models.TextChoices):
    """How an invoice of a backup stands to the ledger."""

    SAME = "same", _("一致")
    CHANGED = "changed", _("之后有变动")
    ABSENT = "absent", _("系统中没有")
    UNPROVED = "unproved", _("设备签名不符")


# Kinds whose buyer may deduct the tax (专用发票).
SPECIAL_KINDS: frozenset[str] = frozenset({InvoiceKind.SPECIAL, InvoiceKind.E_SPECIAL, InvoiceKind.DIGITAL_SPECIAL})
# Declared with them, for its buyer may deduct too, but a face and rules of its own.
DEDUCTIBLE_KINDS: frozenset[str] = SPECIAL_KINDS | {InvoiceKind.VEHICLE}
# Of the special ones, those that a red form (信息表) must allow to be taken back; a digital one has its confirmation.
RED_FORM_KINDS: frozenset[str] = SPECIAL_KINDS - DIGITAL_KINDS
# Kinds on paper; only these may be voided, the electronic ones are reversed (红字).
PAPER_KINDS: frozenset[str] = frozenset(
    {InvoiceKind.SPECIAL, InvoiceKind.ORDINARY, InvoiceKind.ROLL, InvoiceKind.VEHICLE}
)
# Kinds that the pages of the hall offer today.
OFFERED_KINDS: tuple[str, ...] = (
    InvoiceKind.SPECIAL,
    InvoiceKind.ORDINARY,
    InvoiceKind.E_ORDINARY,
    InvoiceKind.E_SPECIAL,
    InvoiceKind.ROLL,
    InvoiceKind.VEHICLE,
    InvoiceKind.DIGITAL_ORDINARY,
    InvoiceKind.DIGITAL_SPECIAL,
)
# Kinds whose whole content fits into a table of lines.
IMPORTED_KINDS: tuple[str, ...] = tuple(kind for kind in OFFERED_KINDS if kind != InvoiceKind.VEHICLE)
