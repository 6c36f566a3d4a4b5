"""What is refused about endpoints, told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from taxhall.common.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from invoicing.models import HookEndpoint


class HookAddressError(InvalidInputError):
    """The hall does not post there; nothing was registered."""

    code = "hook.address_refused"

    def __init__(self, words: str | Promise) -> None:
        super().__init__(
            _("接收地址没有登记，发票和设备没有受影响。"),
            next_step=_("请改用公网上的 https:// 地址。"),
            fields={"url": [str(words)]},
        )


class HookLimitError(ConflictError):
    """The company has as many endpoints as it may."""

    code = "hook.too_many"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("一户企业最多登记 %(most)d 个接收地址，没有登记，发票和设备没有受影响。") % {"most": most},
            next_step=_("请先删除不再使用的地址。"),
        )


class HookStateError(ConflictError):
    """The act does not fit the state of the endpoint; nothing changed."""

    code = "hook.state"

    def __init__(self, hook: HookEndpoint) -> None:
        super().__init__(
            _("这个接收地址目前是“%(state)s”，不能这样办理，没有变化；发票和设备没有受影响。")
            % {"state": hook.get_state_display()},
            next_step=_("请刷新页面，查看现在的状态。"),
        )
