"""What each code of a disk means for the user: one table, used by errors, pages and the API.

The references F01-F23 are the reasons of a failed clear that practice knows (domain.md 1.6); those that
belong to the return or the payment (F04-F07, F20 at the bureau, F21, F23) are told by the applications above.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.messages import agents, clearing, issuing, orders, pin, reaching
from devices.messages.entry import Advice

__all__ = ["Advice", "advice", "all_advice", "how_to_be_read"]

_ENTRIES = (
    *reaching.ENTRIES,
    *agents.ENTRIES,
    *pin.ENTRIES,
    *issuing.ENTRIES,
    *clearing.ENTRIES,
    *orders.ENTRIES,
)
_BY_CODE = {entry.code: entry for entry in _ENTRIES}


def advice(code: str) -> Advice:
    """Return what to tell the user about a code; an unknown code is told honestly with its code."""
    return _BY_CODE.get(code) or Advice(
        code,
        _("设备拒绝了本次操作（代码 %(code)s），这次没有改动盘上数据。") % {"code": code},
        _("请记下代码，联系办税服务厅。"),
        needs_person=True,
    )


def all_advice() -> tuple[Advice, ...]:
    """Return the whole table, for the help pages and the tests."""
    return _ENTRIES


def how_to_be_read(code: str) -> Promise:
    """Say what brings a disk whose last act is in doubt before a reader that can read it; the reading is the hall's."""
    return _TO_BE_READ.get(code, _("请插好设备"))


_TO_BE_READ = {
    # A card service that stood still while a disk left and came back may take its slot for empty for ever.
    "disk.absent": _("没有读到设备：请插好，已经插着的请拔出重新插好"),
    # Waiting at a reader that is out of use would be waiting for nothing.
    "disk.reader_broken": _("这台读卡器连续出错，已停止使用；请拔出设备，换一台读卡器插好"),
    "disk.pin_required": _("请输入设备口令打开设备，并保持插好"),
}
