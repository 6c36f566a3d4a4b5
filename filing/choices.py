"""Values of filing and what each means in law."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class HolidayKind(models.TextChoices):
    """What a State Council holiday notice (国务院办公厅放假通知) says of one day."""

    OFF = "off", _("休")  # a day of a holiday block, weekends inside the block included
    WORK = "work", _("班")  # a weekend day worked to make up for the block (调休上班)


class DeadlineBasis(models.TextChoices):
    """How sure a deadline row is."""

    OFFICIAL = "official", _("年度通知")  # taken from the yearly notice of the tax administration
    ESTIMATED = "estimated", _("推算")  # computed or from memory; the notice has the last word


class ReturnStatus(models.TextChoices):
    """Where a return stands (申报状态)."""

    DRAFT = "draft", _("暂存")
    SUBMITTED = "submitted", _("已申报")  # accepted, receipt given; tax may still be owed
    PAID = "paid", _("已缴款")  # the treasury's signed answer was verified
    VOIDED = "voided", _("已作废")  # withdrawn before payment, inside the season


# The only moves between them; the database trigger is built from the same tuple.
RETURN_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (ReturnStatus.DRAFT.value, ReturnStatus.SUBMITTED.value),
    (ReturnStatus.SUBMITTED.value, ReturnStatus.PAID.value),
    (ReturnStatus.SUBMITTED.value, ReturnStatus.VOIDED.value),
)


class CellKind(models.TextChoices):
    """How the value of a cell comes to be."""

    PREFILLED = "prefilled", _("系统预填")  # from the invoices; may be changed with a reason
    COMPUTED = "computed", _("自动计算")  # by formula, never typed
    DEFAULTED = "defaulted", _("自动计算，可改")  # by formula, may be changed with a reason
    ENTERED = "entered", _("自行填写")  # typed by the taxpayer; blank is not zero


class PaymentState(models.TextChoices):
    """What is known of one payment order at the treasury (国库)."""

    REQUESTED = "requested", _("缴款中")  # intent committed; the treasury has not answered
    RECEIVED = "received", _("已入库")  # signed answer verified
    FAILED = "failed", _("缴款失败")  # signed answer: nothing was taken
    UNKNOWN = "unknown", _("待核实")  # asked, no answer; asked again by the same key, never paid anew


PAYMENT_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (PaymentState.REQUESTED.value, PaymentState.RECEIVED.value),
    (PaymentState.REQUESTED.value, PaymentState.FAILED.value),
    (PaymentState.REQUESTED.value, PaymentState.UNKNOWN.value),
    (PaymentState.UNKNOWN.value, PaymentState.RECEIVED.value),
    (PaymentState.UNKNOWN.value, PaymentState.FAILED.value),
)


class RunOutcome(models.TextChoices):
    """What a comparison (一窗式比对) found as a whole."""

    AGREED = "agreed", _("比对相符")
    DIFFERS = "differs", _("比对不符")
    NOT_APPLICABLE = "not_applicable", _("本月无需申报")


class RuleOutcome(models.TextChoices):
    """What one comparison rule found."""

    PASSED = "pass", _("相符")
    WITHIN_TOLERANCE = "within_tolerance", _("容差内")
    FAILED = "fail", _("不符")
    NOT_APPLICABLE = "not_applicable", _("不适用")
