"""What is told when a disk sits at the taxpayer's own PC."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from devices.messages.entry import Advice

ENTRIES = (
    Advice(
        "disk.agent_silent",
        _("这块设备上次在企业电脑的读卡器中，那台电脑上的代理程序现在联系不上；什么也没有发送，这次没有改动盘上数据。"),
        _("请打开那台电脑并运行代理程序，或把设备插到其他读卡器上，再试一次。"),
        is_retryable=True,
        reference="F13",
    ),
    Advice(
        "disk.agent_busy",
        _("企业电脑上的代理程序没有及时取走这项任务，任务已撤回，这次没有改动盘上数据。"),
        _("请查看那台电脑上的代理程序页面，确认它在运行后再试一次。"),
        is_retryable=True,
        reference="F13",
    ),
    Advice(
        "disk.agent_no_space",
        _("企业电脑的磁盘空间不足，保存不了设备的回执，所以没有发送，这次没有改动盘上数据。"),
        _("请在那台电脑上清理磁盘空间后再试一次。"),
        is_retryable=True,
    ),
    Advice(
        "disk.denial_unproved",
        _("企业电脑说设备没有这条记录，但设备的签名不能证明，大厅不采信；没有再发送，结果仍为待核实。"),
        _("请保持设备插好、代理程序运行，系统会再读；一直如此的，把设备插到大厅的读卡器。"),
        is_retryable=True,
        reference="F13",
    ),
    Advice(
        "disk.refusal_unproved",
        _("企业电脑说设备拒绝了，但设备的签名还没有证明它没有执行、以后也不会执行；大厅不采信，结果为待核实。"),
        _("请保持设备插好、代理程序运行，系统会自动读盘核实；指令过期之前可能要等十分钟左右。"),
        is_retryable=True,
        reference="F13",
    ),
    Advice(
        "disk.clear_not_dead",
        _("设备的签名还不能证明签发过的清卡指令已经失效，它以后仍可能执行；没有重新发送，清卡结果仍为待核实。"),
        _("请保持设备插好、代理程序运行，系统会自动再核实，不需要重新申请；核实之前不要作废申报表。"),
        is_retryable=True,
        reference="F13",
    ),
    Advice(
        "disk.pin_at_agent",
        _("这块设备在企业电脑上，口令只能在那台电脑的代理程序页面输入，不经过大厅。"),
        _("请在那台电脑上运行 taxhall-agent open，在打开的页面输入设备口令。"),
        reference="F14",
    ),
)
