"""What codes mean that are told to companies' own systems or to operators, whom no page leads, and what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CODE_WORDS: dict[str, str | Promise] = {
    "api.answer_not_kept": _(
        "这项请求此前已经办成，文件不在大厅保存，没有重复办理。没有收到文件的，请换新的请求号重发。"
    ),
    "api.idempotency_in_progress": _("同一个请求号的上一次请求还在办理，没有再办一次。请稍后用同一个请求号重发。"),
    "api.idempotency_key_missing": _("请求没有带请求号（Idempotency-Key），什么也没有办理。请带上请求号后重发。"),
    "api.idempotency_key_reused": _("同一个请求号换了内容，没有办理。要办另一件事，请换新的请求号。"),
    "hook.address_refused": _(
        "接收地址不能使用：不是公网上的 https:// 地址、查不到域名，或已经登记过；没有登记。请改正地址后再登记。"
    ),
    "hook.state": _("接收地址当前的状态不能这样操作，没有改变；推送不受影响。请刷新页面查看状态。"),
    "hook.too_many": _("登记的接收地址已满，没有登记。请先删除不用的地址。"),
    "invoice.request_discarded": _("这个请求号办理的草稿已经删除，没有再建。要重新开具，请换新的请求号。"),
    "invoice.request_reused": _(
        "这个请求号（或同一页面）办理过另一件事，没有再办理，什么也没有变化。请重新打开页面，接口请换新的请求号。"
    ),
    "red.agreed_not_found": _("没有找到可用的红字信息表或确认单，没有开具红字发票。请核对编号和状态。"),
    "confirmation.one_open": _("这张发票已有一份确认单在办理，没有再发起。请先办完或撤销那一份。"),
    "confirmation.over": _("确认单已经办结、撤销或超过 72 小时，操作没有保存。需要红冲的请重新发起。"),
    "confirmation.unclear": _(
        "答复的内容不清楚，没有答复，确认单没有变化。请按提示选择同意或不同意，并填全要填的内容。"
    ),
    "red.confirmation_missing": _("数电票红冲须先有确认单，没有开具红字发票。请先发起确认单。"),
    "credit.change_refused": _("总额度没有改变。请按提示核对额度、原因和已经使用的金额后重新办理。"),
    "filing.bundle_refused": _(
        "政策包没有载入，政策没有任何改动。提示写明了签名、格式或哪一行的问题；请向下发政策包的税务机关核对后重新取得。"
    ),
    "print.empty": _("没有选择可以打印的发票，没有打印。请先选择发票。"),
    "print.key_reused": _("同一次打印换了内容，没有再计次数。请重新进入打印页面。"),
    "print.meanwhile": _("发票在打印期间有了变动，没有计次数。请刷新后重新打印。"),
    "print.no_face": _("这种发票没有可以打印的票面，没有生成文件。请在原开票软件中打印。"),
    "print.not_confirmed": _("选中的发票以前打印过，没有再次打印，没有计次数。确实需要的，请勾选“确认再次打印”。"),
    "print.nudge_too_far": _("微调超出了范围，没有保存。请在提示的范围内调整。"),
    "print.too_many": _("一次打印的张数太多，没有打印。请分批打印。"),
    "command.conflict": _("同一编号的指令内容不同，没有再下达；没有改动设备。请刷新页面查看已有的指令。"),
    "command.lease_lost": _("这条指令已由另一个进程接手，结果以它为准。不用做什么，请刷新页面查看。"),
}
