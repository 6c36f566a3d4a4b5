"""What is refused about files of invoices as a whole, told in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from taxhall.common.errors import ConflictError, InvalidInputError


class ImportRefusedError(InvalidInputError):
    """The file as a whole cannot be taken in; nothing of it is kept."""

    code = "import.refused"

    def __init__(self, code: str, message: str | Promise, next_step: str | Promise) -> None:
        super().__init__(message, code=code, next_step=next_step, fields={"file": [f"{message}{next_step}"]})


class DiskNeededError(InvalidInputError):
    """No disk was chosen for a file whose invoices are not all digital; nothing of it is kept."""

    _NAMED: ClassVar[int] = 10

    code = "import.needs_disk"

    def __init__(self, rows: Sequence[int]) -> None:
        named = "、".join(str(row) for row in rows[: self._NAMED])
        told = (
            _("请选择税控设备；只有数电票不需要。文件第 %(rows)s 行等的发票不是数电票。")
            if len(rows) > self._NAMED
            else _("请选择税控设备；只有数电票不需要。文件第 %(rows)s 行的发票不是数电票。")
        )
        words = told % {"rows": named}
        step = _("文件里全是数电票的，请把票种改为数电票，或在文件的“票种”列写明。")
        super().__init__(words, next_step=step, fields={"device": [f"{words}{step}"]})


class ImportNotReadyError(ConflictError):
    """The import is at another step than the caller thinks; nothing was changed."""

    code = "import.not_ready"

    def __init__(self) -> None:
        super().__init__(
            _("这次导入已经进入下一步，刚才的操作没有执行，没有改动草稿和设备。"),
            next_step=_("请刷新页面，按最新状态操作。"),
        )


class ImportHasErrorsError(ConflictError):
    """All or nothing was asked for, and not all of it is right."""

    code = "import.has_errors"

    def __init__(self, count: int) -> None:
        super().__init__(
            _("文件里还有 %(count)d 张发票有错误，按“全部通过才导入”没有导入任何一张。") % {"count": count},
            next_step=_("请改正后重新上传，或选择“只导入正确的发票”。"),
        )


class UndoNotAllowedError(ConflictError):
    """Some of the drafts have left the draft state or the window is over; nothing was removed."""

    code = "import.undo_not_allowed"

    def __init__(self, count: int) -> None:
        super().__init__(
            _("导入的发票中已有 %(count)d 张提交开具，不能整批撤销；没有删除任何草稿。") % {"count": count},
            next_step=_(
                "不需要的草稿可在“发票查询”里勾选后一起删除；已开具的纸质发票可在当月、抄报前作废，电子发票只能红冲。"
            ),
        )


class BeingUndoneError(ConflictError):
    """The import that a draft came from is being undone; the draft is about to go."""

    code = "import.undoing"

    def __init__(self) -> None:
        super().__init__(
            _("这张草稿所在的批量导入正在撤销，没有提交开具；没有改动设备。"),
            next_step=_("仍要开具的，请等撤销完成后重新填开或重新导入。"),
        )


class ExportNotReadyError(ConflictError):
    """The file is still being written, or is no longer kept."""

    code = "export.not_ready"

    def __init__(self) -> None:
        super().__init__(
            _("文件还没有生成，或已过保留期被清除；发票数据没有受影响。"),
            next_step=_("请稍后刷新，或重新导出一次。"),
        )


class ReprintNotConfirmedError(ConflictError):
    """Some of the invoices were printed before; a second one needs a person's word."""

    code = "print.not_confirmed"

    def __init__(self, count: int) -> None:
        super().__init__(
            _("其中 %(count)d 张以前打印过，没有再次打印；打印次数没有变化。") % {"count": count},
            next_step=_("确实需要再打印一份的，请勾选“确认再次打印”。"),
        )


class PrintedMeanwhileError(ConflictError):
    """Invoices were printed or voided by another act while they were drawn: these faces do not say so."""

    code = "print.meanwhile"

    def __init__(self) -> None:
        super().__init__(
            _(
                "生成打印件时，其中的发票被另一次操作打印或作废了；为免票面没有注明打印次数或“作废”，没有交出文件，也没有计次。"
            ),
            next_step=_("请重新打印，并确认再次打印。"),
        )


class PrintKeyReusedError(ConflictError):
    """The form was sent before with other invoices or another way of printing."""

    code = "print.key_reused"

    def __init__(self) -> None:
        super().__init__(
            _("这张打印单已用来打印别的内容，这次没有打印，也没有计次。"),
            next_step=_("请从发票查询重新选择要打印的发票。"),
        )


class NoFaceError(InvalidInputError):
    """A kind of invoice whose face is not drawn here."""

    code = "print.no_face"

    def __init__(self, kind: str) -> None:
        super().__init__(
            _("%(kind)s没有可以打印的票面，没有生成文件；没有改动发票和设备。") % {"kind": kind},
            next_step=_("请在原开票软件中打印这一票种。"),
        )


class BasicsChangedError(ConflictError):
    """What an import of basics would do is no longer what was shown; nothing was written."""

    code = "basics.changed"

    def __init__(self) -> None:
        super().__init__(
            _("检查之后资料或文件有了变化，还没有导入任何资料。"), next_step=_("请看过新的检查结果，再导入。")
        )
