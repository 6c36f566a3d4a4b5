"""Uploads, and orders of the authority."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from devices.messages.entry import Advice

ENTRIES = (
    Advice(
        "disk.ack_range",
        _("上传回执的范围与盘上记录对不上，设备没有采用；离线发票仍待上传。"),
        _("系统会重新上传；您不用做什么。"),
        is_retryable=True,
        reference="F08",
    ),
    Advice(
        "disk.ack_digest",
        _("盘上的发票与大厅收到的不一致，设备没有采用上传回执。"),
        _("请到办税服务厅核对发票。"),
        needs_person=True,
        reference="F09",
    ),
    Advice(
        "disk.not_uploaded",
        _("盘上还有没有上传的记录，设备没有执行，盘上数据没有变化。"),
        _("请保持设备插好，系统上传完成后会重新办理。"),
        is_retryable=True,
        reference="F08",
    ),
    Advice(
        "disk.order_stale",
        _("盘上执行过的指令次数与签发时不同，设备没有执行，盘上数据没有变化。"),
        _("系统会读卡后重新签发，您不用重新办理。"),
        is_retryable=True,
    ),
    Advice(
        "disk.order_reused",
        _("设备已按同一编号执行过另一条指令，没有再执行。"),
        _("请读卡核实盘上的回执，并联系办税服务厅。"),
        needs_person=True,
    ),
    Advice(
        "disk.order_invalid",
        _("指令的内容这块设备不能执行，盘上数据没有变化。"),
        _("请税务人员核对发行信息后重新办理。"),
        needs_person=True,
    ),
    Advice(
        "disk.stock_overlap",
        _("这段发票号码与盘上现有的或用过的号码重叠，没有写入。"),
        _("请税务人员核对发票号段后重新发放。"),
        needs_person=True,
    ),
    Advice(
        "disk.stock_not_held",
        _("要退回的号码不是盘上号段末尾的空白号码，没有退回。"),
        _("请读卡后按盘上剩余的号码办理。"),
        needs_person=True,
    ),
    Advice(
        "disk.stock_full",
        _("盘上这种发票的号段已满，没有写入。"),
        _("请先用完或退回一段，再领用。"),
    ),
    Advice(
        "disk.stock_left",
        _("盘上还有空白发票，不能注销。"),
        _("请先退回空白发票，再办理注销。"),
    ),
    Advice(
        "order.inconsistent",
        _("盘上的指令次数与回执对不上大厅的记录，没有再发送，等待人工核实。"),
        _("请税务人员读出盘上的日志核实这条指令。"),
        needs_person=True,
    ),
    Advice(
        "disk.no_read_back",
        _("这类设备不能回读回执，指令是否执行不明，大厅不作推测，没有再发送，等待人工核实。"),
        _("请带上设备到办税服务厅，由税务人员核实。"),
        needs_person=True,
    ),
)
