"""The way to the disk, and the disk itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from devices.messages.entry import Advice

ENTRIES = (
    Advice(
        "disk.absent",
        _("没有读到这块税控设备，什么也没有发送，盘上数据和款项都没有变化。"),
        _("请把设备插入读卡器，等指示灯稳定后再试一次。"),
        is_retryable=True,
        reference="F13",
    ),
    Advice(
        "disk.host_unavailable",
        _("读卡服务没有响应，什么也没有发送，盘上数据没有变化。"),
        _("请稍后再试；如果一直如此，请联系办税服务厅技术支持，说明代码 disk.host_unavailable。"),
        is_retryable=True,
        reference="F20",
    ),
    Advice(
        "disk.busy",
        _("这块设备正在处理别的操作，本次没有发送，盘上数据没有变化。"),
        _("请等前一个操作完成后再试一次。"),
        is_retryable=True,
        reference="F13",
    ),
    Advice(
        "disk.outcome_unknown",
        _("与设备的联系在发送之后中断，盘上是否已经完成还不知道。"),
        _("请不要重复操作。请保持设备插好，系统会先读卡核实，再告诉您结果。"),
        needs_person=False,
    ),
    Advice(
        "disk.not_read",
        _("读卡时设备没有给出完整的回答，盘上数据没有变化。"),
        _("请重新插好设备后再读一次。"),
        is_retryable=True,
        reference="F13",
    ),
    Advice(
        "disk.reader_broken",
        _("这台读卡器连续出错，已停止使用；盘上数据没有变化。"),
        _("请换一台读卡器，或请技术人员运行读卡器自检后再用。"),
        needs_person=True,
        reference="F13",
    ),
    Advice(
        "disk.identity_failed",
        _("读卡器里的设备不能证明自己就是登记的那一块，已停止操作，什么也没有写入。"),
        _("请确认插入的是本企业的设备；如果确实是，请到办税服务厅检测设备。"),
        needs_person=True,
        replace_disk=True,
        reference="F17",
    ),
    Advice(
        "disk.bad_signature",
        _("设备返回的数据没有通过验签，未予采用。"),
        _("请重新读卡；如果再次出现，请到办税服务厅检测设备。"),
        needs_person=True,
        reference="F09",
    ),
    Advice(
        "disk.frozen",
        _("盘上的计数与大厅的记录不一致，为免重复清卡，这块设备的清卡已暂停。"),
        _("请保持设备插好，系统读回盘上的回执并核对后会自动恢复；超过一个工作日请联系办税服务厅。"),
        needs_person=True,
    ),
    Advice(
        "disk.lost",
        _("这块设备已挂失，不能使用。"),
        _("请到办税服务厅办理更换，或在找回后申请解除挂失。"),
        needs_person=True,
        replace_disk=True,
    ),
    Advice(
        "disk.cancelled",
        _("这块设备已注销，不能使用。"),
        _("请使用新发行的设备。"),
        needs_person=True,
        replace_disk=True,
    ),
    Advice(
        "disk.memory_failure",
        _("设备存储失败，没有执行，盘上数据没有变化。"),
        _("请到办税服务厅检测或更换设备。"),
        needs_person=True,
        replace_disk=True,
    ),
    Advice(
        "disk.internal",
        _("设备内部出错，没有执行，盘上数据没有变化。"),
        _("请重新插好设备再试；再次出现时请到办税服务厅检测或更换设备。"),
        needs_person=True,
        replace_disk=True,
    ),
)
