"""What invoicing refuses, told in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from taxhall.common.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from invoicing.rules import Problem, VoidCondition


class InvoiceNotDraftError(ConflictError):
    """The invoice was sent to the disk meanwhile; what was entered now is not saved into it."""

    code = "invoice.not_draft"

    def __init__(self) -> None:
        super().__init__(
            _("这张发票已经提交开具，内容不能再修改；您刚才的改动没有保存，设备和金额都没有受影响。"),
            next_step=_("请打开发票查看结果；开错的，可在当月作废后重开。"),
        )


class InvoiceProblemsError(InvalidInputError):
    """The draft breaks rules; nothing was sent to the disk."""

    code = "invoice.has_problems"

    def __init__(self, problems: Sequence[Problem]) -> None:
        fields: dict[str, list[str]] = {}
        for problem in problems:
            fields.setdefault(problem.field, []).append(str(problem.message))
        super().__init__(
            _("发票还有 %(count)d 处需要改正，没有开具，设备上没有任何变化。") % {"count": len(problems)},
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
            next_step=_("需要冲销的，须开具红字发票，请到办税服务厅办理。"),
        )
        self.conditions = tuple(conditions)


class CancelTooLateError(ConflictError):
    """The order may already be on its way to the disk."""

    code = "invoice.cancel_too_late"

    def __init__(self) -> None:
        super().__init__(
            _("开具请求已经交给设备，不能撤回；结果以设备的应答为准。"),
            next_step=_("请等待结果；如果已经开具而您不需要，可在当月作废。"),
        )


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
