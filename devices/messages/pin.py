"""The PIN (设备口令)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from devices.messages.entry import Advice

ENTRIES = (
    Advice(
        "disk.pin_wrong",
        _("设备口令错误，设备没有打开，这次没有改动盘上数据。"),
        _("请核对口令后重新输入；次数用完后设备会锁定，系统不会替您重试。"),
        reference="F14",
    ),
    Advice(
        "disk.pin_blocked",
        _("设备口令错误次数已用完，设备口令已锁定；盘上的发票和税额不受影响。"),
        _("请带设备和经办人身份证到办税服务厅，或联系服务单位重置口令。"),
        needs_person=True,
        reference="F14",
    ),
    Advice(
        "disk.pin_required",
        _("设备还没有输入口令，没有执行，这次没有改动盘上数据。"),
        _("请先输入设备口令打开设备，再回来继续。"),
        is_retryable=True,
        reference="F14",
    ),
    Advice(
        "disk.pin_must_change",
        _("设备口令刚由税务机关解锁，设置新口令以前不能使用；这次没有改动盘上数据。"),
        _("请在设备页面用收到的一次性口令设置新口令。"),
        reference="F14",
    ),
    Advice(
        "disk.pin_unchanged",
        _("新口令与原口令相同，没有修改。"),
        _("请换一个新口令。"),
        reference="F14",
    ),
    Advice(
        "disk.pin_change_unknown",
        _("与设备的联系在修改口令时中断，口令是否已改还不知道；盘上的发票和税额不受影响。"),
        _("请先用新口令打开设备，不对时再用原口令；系统不会替您重试。"),
        reference="F14",
    ),
)
