"""Values of clearcard and what each means in law or on the disk."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseStatus(models.TextChoices):
    """States of rest of a clear-card case; one gerund each for waiting on the hall and on the disk."""

    DRAFT = "draft", _("草稿")  # the taxpayer is preparing; nothing was handed in
    SUBMITTED = "submitted", _("已提交")  # handed in; the automatic review has not begun
    REVIEWING = "reviewing", _("审核中")  # automatic checks, the green lane or an officer
    RETURNED = "returned", _("待补正")  # an officer marked items to be put right
    REJECTED = "rejected", _("已驳回")  # final: refused with a reason
    WITHDRAWN = "withdrawn", _("已撤回")  # final: taken back before a decision
    APPROVED = "approved", _("已通过")  # the clear command is queued; the disk has not been asked
    COMMANDED = "commanded", _("指令已签发")  # the signed command is stored; nothing was sent
    SENDING = "sending", _("写盘中")  # the first byte may have left
    REFUSED = "refused", _("设备拒绝")  # the disk said no; nothing on it changed
    IN_DOUBT = "in_doubt", _("待核实")  # sent, answer unknown; only the disk's own word leaves this state
    MANUAL = "manual", _("转人工核实")  # the disk and the ledger contradict each other
    CLEARED = "cleared", _("已清卡")  # final: a verified receipt is stored


class CaseAction(models.TextChoices):
    """Everything that can move a case."""

    SUBMIT = "submit", _("提交申请")
    START_REVIEW = "start_review", _("开始审核")
    APPROVE = "approve", _("审核通过")
    RETURN = "return", _("退回补正")
    REJECT = "reject", _("驳回")
    WITHDRAW = "withdraw", _("撤回申请")
    REVIEW_AGAIN = "review_again", _("退回重新审核")
    COMMAND = "command", _("签发清卡指令")
    SEND = "send", _("开始写盘")
    REFUSE = "refuse", _("设备拒绝")
    RETRY = "retry", _("重新执行")
    DOUBT = "doubt", _("结果待核实")
    RESEND = "resend", _("核实未执行，重新发送")
    ESCALATE = "escalate", _("转人工核实")
    CLEAR = "clear", _("清卡完成")


class ClearKind(models.TextChoices):
    """Types of clearing in the guide's words; on the disk each is the clearing of one month."""

    MONTHLY = "monthly", _("月度清卡")
    QUARTERLY = "quarterly", _("季度清卡")
    ANNUAL = "annual", _("年度清卡")
    SPECIAL = "special", _("特殊清卡")


class SpecialReason(models.TextChoices):
    """Why a clearing is special (domain sheet 1.7)."""

    OVERDUE = "overdue", _("逾期未清卡")
    OFF_SEASON = "off_season", _("非征期抄报")
    CHANGE = "change", _("变更发行")
    REPLACE = "replace", _("更换设备")
    CANCEL = "cancel", _("注销发行")


class HandInState(models.TextChoices):
    """Where an order stands to hand an application in by itself once the tax is in the treasury."""

    WAITING = "waiting", _("等待税款入库")
    DONE = "done", _("已自动提交")
    ENDED = "ended", _("已失效")  # taken back, changed since, or no longer possible


class Lane(models.TextChoices):
    """Who decides."""

    GREEN = "green", _("自动通道")  # everything agrees and the grade allows it
    OFFICER = "officer", _("人工审核")


class MaterialKind(models.TextChoices):
    """The five papers of the user guide."""

    TAX_REGISTRATION = "tax_registration", _("税务登记证")
    BUSINESS_LICENCE = "business_licence", _("营业执照")
    LEGAL_PERSON_ID = "legal_person_id", _("法人身份证复印件")
    AGENT_ID = "agent_id", _("经办人身份证复印件")
    BANK_PERMIT = "bank_permit", _("银行开户许可证")


class MaterialState(models.TextChoices):
    """A paper is either part of the case or was taken out again; rows are kept."""

    READY = "ready", _("已就绪")
    REMOVED = "removed", _("已移除")


class ReviewOutcome(models.TextChoices):
    """What one review rule found."""

    PASS = "pass", _("通过")
    FAIL = "fail", _("不通过")
    NEEDS_PERSON = "needs_person", _("需人工")


class CheckOutcome(models.TextChoices):
    """What one preparation check found."""

    PASS = "pass", _("通过")
    ATTENTION = "attention", _("需要处理")
    WARNING = "warning", _("提示")
    UNKNOWN = "unknown", _("暂不能检查")


class RejectReason(models.TextChoices):
    """Reason codes of a rejection, told to the taxpayer with the officer's words."""

    DATA_MISMATCH = "data_mismatch", _("开票数据与申报数据不一致且无法说明")
    WRONG_DEVICE = "wrong_device", _("设备与纳税人登记信息不符")
    WRONG_TYPE = "wrong_type", _("清卡类型选择有误")
    FALSE_MATERIAL = "false_material", _("材料不真实或与登记信息不符")
    OTHER_DUTY = "other_duty", _("存在其他未办结涉税事项")
    OTHER = "other", _("其他")


# Everything on an application that an officer can send back for correction.
RETURNABLE = (
    ("kind", _("清卡类型")),
    ("invoices", _("开票数据核对")),
    ("invoiced_amount", _("开票金额")),
    ("declared_amount", _("已申报金额")),
    ("clear_on", _("清卡日期")),
    ("explanation", _("情况说明")),
    *((f"material:{kind.value}", kind.label) for kind in MaterialKind),
)
FINAL_STATUSES = (CaseStatus.CLEARED, CaseStatus.REJECTED, CaseStatus.WITHDRAWN)
# A period whose case ended without clearing may be applied for again.
REOPENABLE_STATUSES = (CaseStatus.REJECTED, CaseStatus.WITHDRAWN)
EDITABLE_STATUSES = (CaseStatus.DRAFT, CaseStatus.RETURNED)
# Begun or handed in, and not decided yet.
UNDECIDED_STATUSES = (CaseStatus.DRAFT, CaseStatus.SUBMITTED, CaseStatus.REVIEWING, CaseStatus.RETURNED)
# From here on a decision with a digest stands behind the case.
DECIDED_STATUSES = (
    CaseStatus.APPROVED,
    CaseStatus.COMMANDED,
    CaseStatus.SENDING,
    CaseStatus.REFUSED,
    CaseStatus.IN_DOUBT,
    CaseStatus.MANUAL,
    CaseStatus.CLEARED,
)
