"""Values of filing and what each means in law."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChangeState


class HolidayKind(models.TextChoices):
    """What a State Council holiday notice (国务院办公厅放假通知) says of one day."""

    OFF = "off", _("休")  # a day of a holiday block, weekends inside the block included
    WORK = "work", _("班")  # a weekend day worked to make up for the block (调休上班)


class CalendarSubject(models.TextChoices):
    """Which row of the calendar a change is about."""

    DAY = "day", _("放假与调休")  # one day that a holiday notice moves
    SEASON = "season", _("征期截止日")  # the last day of one month's season


# The only moves of what two persons decide; the database triggers are built from the same tuple.
CHANGE_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (ChangeState.ASKED.value, ChangeState.AGREED.value),
    (ChangeState.ASKED.value, ChangeState.REFUSED.value),
)


class SpanState(models.TextChoices):
    """Where a declared inactivity (停业) stands, and why it ended."""

    DECLARED = "declared", _("声明中")
    LAPSED = "lapsed", _("停业期满")  # its last day has passed
    WITHDRAWN = "withdrawn", _("提前复业")  # the company ended it
    INVOICED = "invoiced", _("停业期间开票")  # an invoice was issued: the company sells after all


SPAN_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (SpanState.DECLARED.value, SpanState.LAPSED.value),
    (SpanState.DECLARED.value, SpanState.WITHDRAWN.value),
    (SpanState.DECLARED.value, SpanState.INVOICED.value),
)


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
    CORRECTED = "corrected", _("已更正")  # a correction (更正申报) stands in its place


# The only moves between them; the database trigger is built from the same tuple.
RETURN_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (ReturnStatus.DRAFT.value, ReturnStatus.SUBMITTED.value),
    (ReturnStatus.SUBMITTED.value, ReturnStatus.PAID.value),
    (ReturnStatus.SUBMITTED.value, ReturnStatus.VOIDED.value),
    (ReturnStatus.SUBMITTED.value, ReturnStatus.CORRECTED.value),
    (ReturnStatus.PAID.value, ReturnStatus.CORRECTED.value),
    # The treasury gave the tax back (退库): it is owed again.
    (ReturnStatus.PAID.value, ReturnStatus.SUBMITTED.value),
)

# Returns that no longer count: another takes their place, or none does.
GONE_STATES: tuple[str, ...] = (ReturnStatus.VOIDED.value, ReturnStatus.CORRECTED.value)


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
    PARTIAL = "partial", _("部分入库")  # signed answer: less than was ordered; the rest is ordered anew
    REFUNDED = "refunded", _("已退回")  # signed answer: what had been received was given back


PAYMENT_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (PaymentState.REQUESTED.value, PaymentState.RECEIVED.value),
    (PaymentState.REQUESTED.value, PaymentState.FAILED.value),
    (PaymentState.REQUESTED.value, PaymentState.UNKNOWN.value),
    (PaymentState.UNKNOWN.value, PaymentState.RECEIVED.value),
    (PaymentState.UNKNOWN.value, PaymentState.FAILED.value),
    (PaymentState.REQUESTED.value, PaymentState.PARTIAL.value),
    (PaymentState.UNKNOWN.value, PaymentState.PARTIAL.value),
    (PaymentState.REQUESTED.value, PaymentState.REFUNDED.value),
    (PaymentState.UNKNOWN.value, PaymentState.REFUNDED.value),
    (PaymentState.RECEIVED.value, PaymentState.REFUNDED.value),
    (PaymentState.PARTIAL.value, PaymentState.REFUNDED.value),
)
# Orders the treasury has not answered; orders it answered for good, after which a new one may be given; and
# those whose money it holds.
WAITING_PAYMENTS: tuple[str, ...] = (PaymentState.REQUESTED.value, PaymentState.UNKNOWN.value)
ENDED_PAYMENTS: tuple[str, ...] = (
    PaymentState.FAILED.value,
    PaymentState.PARTIAL.value,
    PaymentState.REFUNDED.value,
)
HELD_PAYMENTS: tuple[str, ...] = (PaymentState.RECEIVED.value, PaymentState.PARTIAL.value)
# Orders of which the treasury holds nothing.
EMPTY_PAYMENTS: tuple[str, ...] = (PaymentState.FAILED.value, PaymentState.REFUNDED.value)


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


class VoucherKind(models.TextChoices):
    """Kinds of deduction vouchers (扣税凭证) and where 附列资料（二） counts them."""

    SPECIAL = "special", _("增值税专用发票")  # row 2
    CUSTOMS = "customs", _("海关进口增值税专用缴款书")  # row 5
    FARM = "farm", _("农产品收购发票或者销售发票")  # row 6, tax computed
    WITHHELD = "withheld", _("代扣代缴税收缴款凭证")  # row 7
    PASSENGER = "passenger", _("旅客运输服务凭证")  # row 8b, repeated in row 10
    OTHER = "other", _("通行费等其他凭证")  # row 8b
    RESALE = "resale", _("外贸企业进项税额抵扣证明")  # row 11
    FEE = "fee", _("税控设备费、技术维护费发票")  # not input tax: credited in full, 附列资料（四） row 1


class TickState(models.TextChoices):
    """What the buyer said of a voucher (勾选)."""

    OPEN = "open", _("未勾选")
    DEDUCTED = "deducted", _("抵扣勾选")
    NOT_DEDUCTED = "not_deducted", _("不抵扣勾选")  # confirmed, but used where nothing may be deducted


class VoucherCheck(models.TextChoices):
    """What the hall knows of a voucher itself."""

    MATCHED = "matched", _("与开票记录一致")  # issued in this hall, to this buyer, with these sums
    UNKNOWN = "unknown", _("本系统无开票记录")  # issued elsewhere; the taxpayer answers for it


class TransferLine(models.TextChoices):
    """Why input tax is transferred out: the row of 附列资料（二）."""

    EXEMPT = "14", _("免税项目用")
    WELFARE = "15", _("集体福利、个人消费")
    LOSS = "16", _("非正常损失")
    SIMPLE = "17", _("简易计税方法征税项目用")
    EXPORT = "18", _("免抵退税办法不得抵扣的进项税额")
    INSPECTION = "19", _("纳税检查调减进项税额")
    RED_NOTICE = "20", _("红字专用发票信息表注明的进项税额")
    ARREARS = "21", _("上期留抵税额抵减欠税")
    REFUNDED = "22", _("上期留抵税额退税")
    ABNORMAL = "23a", _("异常凭证转出进项税额")
    OTHER = "23b", _("其他应作进项税额转出的情形")


class PrepaymentKind(models.TextChoices):
    """What tax was prepaid for: rows 2 to 5 of 附列资料（四）."""

    BRANCH = "branch", _("分支机构预征")
    CONSTRUCTION = "construction", _("建筑服务预征")
    SALE = "sale", _("销售不动产预征")
    LEASE = "lease", _("出租不动产预征")


class MeasureState(models.TextChoices):
    """Where a departure from the comparison's rules stands; it takes effect with the second officer's word."""

    ASKED = "asked", _("待第二人确认")
    AGREED = "agreed", _("已生效")  # within its dates
    REFUSED = "refused", _("未同意")
    LIFTED = "lifted", _("已解除")  # ended before its time


MEASURE_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (MeasureState.ASKED.value, MeasureState.AGREED.value),
    (MeasureState.ASKED.value, MeasureState.REFUSED.value),
    (MeasureState.AGREED.value, MeasureState.LIFTED.value),
)


class MeasureKind(models.TextChoices):
    """What may be done about a rule for everybody (税总发〔2017〕124号)."""

    SUSPEND = "suspend", _("暂停规则")  # not compared meanwhile
    TOLERANCE = "tolerance", _("临时容差")  # another tolerance meanwhile


class ExceptionState(models.TextChoices):
    """Where a blocking comparison stands at the exception post (申报异常处理岗)."""

    OPEN = "open", _("处理中")  # handed over; a second hand-over is refused meanwhile
    LIFTED = "lifted", _("已解除")  # the difference stands and is accepted: the disk may be cleared
    REFUSED = "refused", _("不予解除")  # the return has to be corrected, or 税源管理 takes over


EXCEPTION_TRANSITIONS: tuple[tuple[str, str], ...] = (
    (ExceptionState.OPEN.value, ExceptionState.LIFTED.value),
    (ExceptionState.OPEN.value, ExceptionState.REFUSED.value),
)


class ReminderKind(models.TextChoices):
    """What a company is reminded of while it is not done."""

    FILE = "file", _("申报")
    PAY = "pay", _("缴款")
    # By the lock date that the disk holds (锁死日期).
    CLEAR = "clear", _("抄报清卡")
    # By the day on which an offline ceiling is reached.
    UPLOAD = "upload", _("上传离线票")
