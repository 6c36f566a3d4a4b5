"""What each code of a disk means for the user: one table, used by errors, pages and the API.

The references F01-F23 are the reasons of a failed clear that practice knows (domain.md 1.6); those that
belong to the return or the payment (F04-F07, F20 at the bureau, F21, F23) are told by the applications above.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from devices.messages import agents, clearing, issuing, orders, pin, reaching
from devices.messages.entry import Advice

__all__ = ["Advice", "advice", "all_advice"]

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
