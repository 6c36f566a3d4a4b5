"""What invoicing refuses, told in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from taxhall.common.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from invoicing.models import Invoice, RedConfirmation
    from invoicing.rules import Problem, VoidCondition


class InvoiceNotDraftError(ConflictError):
    """The invoice was sent to the disk meanwhile; what was entered now is not saved into it."""

    code = "invoice.not_draft"

    def __init__(self, invoice: Invoice) -> None:
        super().__init__(
            _("这张发票已经提交开具，内容不能再修改；您刚才的改动没有保存，设备和金额都没有受影响。"),
            next_step=_("请打开发票查看结果；%(way)s") % {"way": invoice.way_to_correct},
        )


class InvoiceProblemsError(InvalidInputError):
    """The draft breaks rules; nothing was sent to the disk."""

    code = "invoice.has_problems"

    def __init__(self, problems: Sequence[Problem]) -> None:
        fields: dict[str, list[str]] = {}
        for problem in problems:
            fields.setdefault(problem.field, []).append(str(problem.message))
        super().__init__(
            _("发票还有 %(count)d 处需要改正，没有开具，没有改动设备。") % {"count": len(problems)},
            next_step=str(problems[0].mend),
            fields=fields,
        )
        self.problems = tuple(problems)


class VoidNotAllowedError(ConflictError):
    """A condition of voiding is not met; the invoice stays valid."""

    code = "invoice.void_not_allowed"

    def __init__(self, conditions: Sequence[VoidCondition]) -> None:
        unmet = [condition for condition in conditions if not condition.is_met]
        super().__init__(
            _("这张发票不能作废：%(why)s。发票仍然有效。") % {"why": "；".join(str(each.found) for each in unmet)},
            code=unmet[0].code,
            next_step=_("需要冲销的，请打开这张发票点“红冲”，开具红字发票。"),
        )
        self.conditions = tuple(conditions)


class RedNotAllowedError(ConflictError):
    """The invoice cannot be taken back this way; nothing changed."""

    code = "red.not_allowed"

    def __init__(self, *, code: str, why: object) -> None:
        super().__init__(
            _("不能红冲：%(why)s。没有改动原发票和设备。") % {"why": why},
            code=code,
            next_step=_("请打开原发票查看剩余金额和办理记录。"),
        )


class RedProblemsError(InvalidInputError):
    """The chosen amounts do not fit what is left of the blue invoice; nothing changed."""

    code = "red.has_problems"

    def __init__(self, problems: Sequence[Problem]) -> None:
        fields: dict[str, list[str]] = {}
        for problem in problems:
            fields.setdefault(problem.field, []).append(f"{problem.message}{problem.mend}")
        super().__init__(_("红冲金额需要改正，原发票没有变化。"), next_step=_("请改正标出的内容。"), fields=fields)


class CancelTooLateError(ConflictError):
    """The order may already be on its way to the disk."""

    code = "invoice.cancel_too_late"

    def __init__(self) -> None:
        super().__init__(
            _("开具请求已经交给设备，不能撤回；结果以设备的应答为准。"),
            next_step=_(
                "请等待结果；如果已经开具而您不需要，纸质发票可在当月、抄报前作废，电子发票不能作废，只能红冲。"
            ),
        )


class NoReadBackError(ConflictError):
    """The disk cannot tell again what it signed, so nobody knows whether it acted."""

    code = "invoice.no_read_back"

    def __init__(self) -> None:
        super().__init__(
            _(
                "指令发出后与设备的联系中断，这类设备又不能回读开票记录，开具或作废是否完成不能断定；"
                "大厅不作推测，没有再发送，这张发票显示为待核实，等待人工核实。"
            ),
            next_step=_("请不要重复开具或作废；请记下设备界面显示的最近一张发票号码，带上设备到办税服务厅核实。"),
        )


class SignedMeanwhileError(ConflictError):
    """The disk made a signature that the hall does not hold: it may well be this invoice."""

    code = "invoice.counter_moved"

    def __init__(self) -> None:
        super().__init__(
            _("设备签名的开票次数里有大厅没有收到的记录，不能认定这张发票没有开具或作废；发票仍为待核实。"),
            next_step=_("请向设备厂商取得这条开票记录，凭设备签名的记录入账。"),
        )


class ReportTooLongError(InvalidInputError):
    """The list is longer than a page makes anybody wait for; nothing was made."""

    code = "report.too_long"

    def __init__(self, *, rows: int, limit: int, is_document: bool) -> None:
        step = (
            _("请改用 Excel 或 CSV 格式。") if is_document else _("请缩短所属期，或请管理员用 export_report 命令导出。")
        )
        facts = {"rows": f"{rows:,}", "limit": f"{limit:,}"}
        super().__init__(
            _("这份清单有 %(rows)s 行，超过一次生成的上限 %(limit)s 行，文件没有生成；发票和金额都没有变化。") % facts,
            next_step=step,
        )
        self.rows = rows


class BackupNotReadyError(ConflictError):
    """The file is not there: still being made, not made, or its time is over."""

    code = "invoice.backup_not_ready"

    def __init__(self) -> None:
        super().__init__(
            _("这份备份的文件现在不能下载；发票和设备没有受影响。"),
            next_step=_("请重新备份一次；正在备份的，请稍后刷新。"),
        )


class BackupRefusedError(InvalidInputError):
    """The file is not a backup of this hall, not whole, or not opened by this passphrase."""

    code = "invoice.backup_refused"

    def __init__(self, words: Any, *, field: str) -> None:
        super().__init__(
            words, next_step=_("请核对文件和口令；系统中的发票没有任何变化。"), fields={field: [str(words)]}
        )


class CreditChangeError(InvalidInputError):
    """The change of a credit does not fit; nothing changed."""

    code = "credit.change_refused"

    def __init__(self, why: Any, *, field: str) -> None:
        super().__init__(
            _("总额度没有调整：%(why)s") % {"why": why},
            next_step=_("请改正标出的内容后再提交；企业的额度和发票都没有变化。"),
            fields={field: [str(why)]},
        )


class DraftChangedError(ConflictError):
    """Somebody changed the draft between the look at it and the click; nothing was issued."""

    code = "invoice.draft_changed"

    def __init__(self) -> None:
        super().__init__(
            _("草稿在您查看之后改过，没有开具，这次没有改动盘上数据和额度。"),
            next_step=_("请核对现在的内容后再开具。"),
        )


class DraftSavedElsewhereError(ConflictError):
    """The draft was saved elsewhere since the page was made from it; what stands there is kept."""

    code = "invoice.draft_changed"

    def __init__(self, invoice: Invoice, *, mark: str) -> None:
        at = timezone.localtime(invoice.updated_at)
        super().__init__(
            _("这份草稿在别处改过（%(who)s，%(at)s），本页没有保存。")
            % {"who": invoice.drawer, "at": f"{at:%Y-%m-%d %H:%M}"},
            next_step=_("您填写的内容仍在本页。请先打开已保存的草稿核对，再决定以哪一份为准。"),
        )
        self.invoice = invoice
        # What stands there now: whoever writes over it says so with this.
        self.mark = mark


class ConfirmationStateError(ConflictError):
    """The confirmation is over, used or answered; nothing changed."""

    code = "confirmation.over"

    def __init__(self, confirmation: RedConfirmation) -> None:
        super().__init__(
            _("确认单 %(number)s 目前是“%(state)s”，不能再这样办理；发票和额度都没有变化。")
            % {"number": confirmation.number, "state": confirmation.get_state_display()},
            next_step=_("请刷新页面查看结果；仍需红冲的，请重新发起确认单。"),
        )


class RequestReusedError(ConflictError):
    """The request id was used before for something else; nothing was done."""

    code = "invoice.request_reused"

    def __init__(self) -> None:
        super().__init__(
            _("这个请求号已用于另一项内容不同的请求，这次没有办理，没有改动发票、设备和额度。"),
            next_step=_("办理新的事项请重新打开页面，接口请换一个新的请求号；查询原请求的结果，请用原来的内容重发。"),
        )


class RequestDiscardedError(ConflictError):
    """The draft of the request was thrown away since; nothing was done."""

    code = "invoice.request_discarded"

    def __init__(self) -> None:
        super().__init__(
            _("这个请求号写成的草稿后来被删除，没有重新办理，没有改动设备和额度。"),
            next_step=_("仍需开具的，请换一个新的请求号。"),
        )
