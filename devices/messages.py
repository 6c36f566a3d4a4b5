"""What each code of a disk means for the user: one table, used by errors, pages and the API.

The references F01-F23 are the reasons of a failed clear that practice knows (domain.md 1.6); those that
belong to the return or the payment (F04-F07, F20 at the bureau, F21, F23) are told by the applications above.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Advice:
    """What happened in the user's words and what can be done about it."""

    code: str
    message: str | Promise
    next_step: str | Promise
    is_retryable: bool = False
    needs_person: bool = False
    replace_disk: bool = False
    reference: str = ""


_ENTRIES = (
    # The way to the disk
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
    # The password
    Advice(
        "disk.pin_wrong",
        _("设备口令错误，设备没有打开，盘上数据没有变化。"),
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
        _("设备还没有输入口令，本次没有执行，盘上数据没有变化。"),
        _("请先输入设备口令打开设备，再回来继续。"),
        is_retryable=True,
        reference="F14",
    ),
    # Issuing
    Advice(
        "disk.locked",
        _("已过开票截止日期，设备停止开票；已开的发票不受影响。"),
        _("请先完成抄报、申报和缴款，再清卡；清卡成功后即可继续开票。"),
        reference="F10",
    ),
    Advice(
        "disk.over_limit",
        _("金额超过这种发票的单张限额，设备没有开具。"),
        _("请拆分为几张开具，或先申请提高最高开票限额。"),
        reference="F10",
    ),
    Advice(
        "disk.offline_exceeded",
        _("离线发票的时长、份数或金额已到上限，设备停止开票。"),
        _("请联网上传离线发票，上传成功后即可继续开票。"),
        reference="F08",
    ),
    Advice(
        "disk.kind_not_authorised",
        _("设备没有这种发票的授权，没有开具。"),
        _("请先办理票种核定，再到办税服务厅变更发行。"),
        needs_person=True,
        reference="F18",
    ),
    Advice(
        "disk.rate_not_authorised",
        _("设备没有这个税率或征收率的授权，没有开具。"),
        _("请检查税率；确需使用时，请办理变更发行。"),
        reference="F18",
    ),
    Advice(
        "disk.stock_empty",
        _("盘上这种发票的号码已用完，没有开具。"),
        _("请先领用发票，写入设备后再开具。"),
        reference="F18",
    ),
    Advice(
        "disk.clock_back",
        _("开票时间早于设备已接受的最近时间，设备没有执行。"),
        _("请检查日期；如果设备时钟有误，请到办税服务厅校准或更换设备。"),
        needs_person=True,
        reference="F15",
    ),
    Advice(
        "disk.clock_skew",
        _("时间与设备时钟或所属期对不上，设备没有执行，盘上数据没有变化。"),
        _("请先清卡到当前所属期；如果设备时钟有误，请到办税服务厅校准。"),
        needs_person=True,
        reference="F15",
    ),
    Advice(
        "disk.not_enabled",
        _("还没有到设备的开票启用日期。"),
        _("请等到启用日期，或核对发行信息。"),
        reference="F19",
    ),
    Advice(
        "disk.already_reported",
        _("本期已经抄报，抄报以前开具的发票不能再作废；发票仍然有效。"),
        _("需要冲销时，请开具红字发票。"),
    ),
    Advice(
        "disk.not_same_period",
        _("这张发票不是本月开具的，设备不予作废；发票仍然有效。"),
        _("需要冲销时，请开具红字发票。"),
    ),
    Advice(
        "disk.invoice_unknown",
        _("盘上没有这张发票。"),
        _("请核对发票代码和号码，并确认插入的是开具它的设备。"),
    ),
    Advice(
        "disk.already_voided",
        _("这张发票在盘上已经作废。"),
        _("不用再做什么；请读卡更新记录。"),
    ),
    Advice(
        "disk.request_reused",
        _("设备已按同一请求开具过另一内容的发票，没有再开。"),
        _("请读卡核实已开具的发票。"),
        needs_person=True,
    ),
    Advice(
        "disk.storage_full",
        _("设备的存储空间已满，没有执行。"),
        _("请先抄报、清卡以释放空间。"),
    ),
    Advice(
        "disk.kind_not_voidable",
        _("电子发票不能作废；发票仍然有效。"),
        _("需要冲销时，请开具红字发票。"),
    ),
    Advice(
        "disk.red_not_allowed",
        _("设备没有开具这种红字发票的授权，没有开具。"),
        _("请到办税服务厅变更发行。"),
        needs_person=True,
        reference="F18",
    ),
    Advice(
        "disk.totals_wrong",
        _("发票的合计与明细对不上，设备没有开具。"),
        _("请检查金额、税率和税额后重新开具。"),
    ),
    Advice(
        "disk.record_dropped",
        _("这张发票所属的月份已经清卡，盘上不再保留它的记录。"),
        _("请在发票列表中查看；需要时到办税服务厅调取。"),
    ),
    # Reporting and clearing
    Advice(
        "disk.not_reported",
        _("本期还没有抄报（上报汇总），不能清卡。"),
        _("请先在设备页面抄报。"),
        reference="F01",
    ),
    Advice(
        "disk.period_open",
        _("所属期还没有结束，设备不予抄报或清卡。"),
        _("请在所属期结束后再办理。"),
        reference="F02",
    ),
    Advice(
        "disk.nothing_to_clear",
        _("没有可清的汇总，或者当前不在征期。"),
        _("请查看开票截止日期：如果已在下月，说明本期已经清卡，不用再做什么。"),
        reference="F02",
    ),
    Advice(
        "disk.already_cleared",
        _("开票截止日期已在下月，本期已经清卡。"),
        _("不用再做什么。"),
        reference="F03",
    ),
    Advice(
        "disk.wrong_period",
        _("设备上的所属期与申请的不同，没有执行，盘上数据没有变化。"),
        _("请先读卡，按设备当前的所属期办理。"),
        reference="F02",
    ),
    Advice(
        "disk.group_unknown",
        _("设备没有这组票种，没有执行。"),
        _("请核对票种核定；需要时到办税服务厅变更发行。"),
        needs_person=True,
        reference="F18",
    ),
    Advice(
        "disk.months_missed",
        _("设备有不止一个月没有抄报。"),
        _("请带设备到办税服务厅，逐月抄报。"),
        needs_person=True,
        reference="F11",
    ),
    Advice(
        "disk.report_overdue",
        _("最近一次抄报已超过 90 天，设备已锁定。"),
        _("请带设备到办税服务厅办理大厅清卡。"),
        needs_person=True,
        reference="F12",
    ),
    Advice(
        "disk.machines_not_reported",
        _("还有分机没有抄报。"),
        _("请把每台分机都抄报后再清卡。"),
        reference="F22",
    ),
    Advice(
        "disk.certificate_expired",
        _("设备的数字证书已过期或被吊销，设备停止使用。"),
        _("请到办税服务厅或网上更新证书。"),
        needs_person=True,
        reference="F16",
    ),
    Advice(
        "disk.other_company",
        _("这块设备登记的纳税人识别号与本企业不一致，没有执行。"),
        _("请确认插入的是本企业的设备；企业信息变更过的，请办理变更发行。"),
        needs_person=True,
        reference="F17",
    ),
    Advice(
        "disk.wrong_disk",
        _("这条指令不是发给这块设备的，设备没有执行，盘上数据没有变化。"),
        _("请插入正确的设备。"),
        reference="F17",
    ),
    Advice(
        "disk.token_invalid",
        _("设备没有通过清卡指令的验签，没有清卡，盘上数据没有变化。"),
        _("系统会重新取得指令；如果再次出现，请联系办税服务厅。"),
        needs_person=True,
    ),
    Advice(
        "disk.token_expired",
        _("清卡指令已过有效时间，设备没有清卡，盘上数据没有变化。"),
        _("系统会读卡后重新取得指令，您不用重做申请。"),
        is_retryable=True,
    ),
    Advice(
        "disk.token_stale",
        _("清卡指令不是最新的一条，设备没有清卡，盘上数据没有变化。"),
        _("系统会读卡后重新取得指令，您不用重做申请。"),
        is_retryable=True,
    ),
    Advice(
        "disk.token_key_unknown",
        _("设备不认识大厅当前的签名密钥，没有清卡，盘上数据没有变化。"),
        _("请到办税服务厅更新设备的发行信息。"),
        needs_person=True,
    ),
    Advice(
        "disk.token_key_revoked",
        _("签发这条指令的密钥已停用，没有清卡，盘上数据没有变化。"),
        _("系统会用新密钥重新签发，您不用重做申请。"),
        is_retryable=True,
    ),
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
    # The disk itself
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
    Advice(
        "clear.differs_from_review",
        _("盘上的数据与审核时看到的不一致，没有清卡，盘上数据没有变化。"),
        _("申请会退回重新核对；请重新抄报后再提交。"),
        needs_person=True,
    ),
)
_BY_CODE = {entry.code: entry for entry in _ENTRIES}


def advice(code: str) -> Advice:
    """Return what to tell the user about a code; an unknown code is told honestly with its code."""
    return _BY_CODE.get(code) or Advice(
        code,
        _("设备拒绝了本次操作（代码 %(code)s），盘上数据没有变化。") % {"code": code},
        _("请记下代码，联系办税服务厅。"),
        needs_person=True,
    )


def all_advice() -> tuple[Advice, ...]:
    """Return the whole table, for the help pages and the tests."""
    return _ENTRIES
