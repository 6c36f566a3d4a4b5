"""The topics of the help centre; the words of each are its template."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Topic:
    """One page of help; `slug` is its address and names its template."""

    slug: str
    title: str | Promise
    summary: str | Promise
    group: str


GUIDE, QUESTION, ABOUT = "guide", "question", "about"
GROUPS = ((GUIDE, _("操作指南")), (QUESTION, _("常见问题")), (ABOUT, _("联系与说明")))

TOPICS = (
    Topic("clear-guide", _("清卡怎么办"), _("从准备到下载凭证的全部步骤"), GUIDE),
    Topic("clear-types", _("清卡类型怎么选"), _("月度、季度、年度和特殊清卡的区别"), GUIDE),
    Topic("materials", _("需要哪些材料"), _("五份材料、格式和大小要求"), GUIDE),
    Topic("issue-guide", _("开票和作废怎么办"), _("填写、开具、撤回、作废，没有开成怎么办"), GUIDE),
    Topic("file-guide", _("申报缴款怎么办"), _("预填、核对、提交、缴款，数字变了怎么办"), GUIDE),
    Topic("report-guide", _("抄报怎么办"), _("插好设备，输入口令，上报汇总"), GUIDE),
    Topic("basics", _("基础资料怎么用"), _("客户、商品、编码、银行账户和开票人员"), GUIDE),
    Topic("red-guide", _("怎样红冲发票"), _("红字发票、红字信息表和部分红冲"), GUIDE),
    Topic("digital-invoices", _("数电票怎么开"), _("总额度、号码、红字发票信息确认单，不用抄报清卡"), GUIDE),
    Topic("vehicle-invoices", _("机动车销售统一发票怎么开"), _("一车一票，车架号、合格证和完税凭证"), GUIDE),
    Topic("printing", _("怎样打印发票"), _("整张打印、套打、微调位置、清单、再次打印"), GUIDE),
    Topic("backup", _("怎样备份发票"), _("存成一个加密文件，自己保管，随时核对"), GUIDE),
    Topic("own-pc", _("设备插在自己的电脑上怎么办"), _("安装代理程序，连接电脑，输入口令"), GUIDE),
    Topic("input-invoices", _("进项发票怎么抵扣"), _("录入、导入、勾选、转出和结转"), GUIDE),
    Topic("correct-return", _("更正申报怎么办"), _("原表、新表和差额，已缴的税款怎么算"), GUIDE),
    Topic("calendar-changes", _("截止日、停机、申报周期和停业"), _("日期从哪里来，停机怎样顺延，停业怎样申报"), GUIDE),
    Topic("account", _("我的账户和手机号码"), _("更改手机号码，验证码收不到怎么办"), GUIDE),
    Topic("comparison-exception", _("比对不符怎么办"), _("差异在哪里，怎么更正，什么时候转异常处理岗"), QUESTION),
    Topic("reports", _("统计报表和发票查询怎么用"), _("数字怎么算，文件怎么取，清单太长怎么办"), GUIDE),
    Topic("officers", _("税务人员：转交、批量审核、紧急处置和岗位"), _("谁能做、怎么做、会留下什么记录"), GUIDE),
    Topic("device-manager", _("设备怎么管"), _("读卡、自检、口令、注销，看懂设备的状态"), GUIDE),
    Topic("device-replace", _("更换设备怎么办"), _("旧设备的未了事项怎样接续"), GUIDE),
    Topic("compatibility", _("确保设备兼容性"), _("浏览器、系统、读卡器、驱动和设备程序"), GUIDE),
    Topic("device-loss", _("设备丢了怎么办"), _("立即报失，停止开票和清卡"), QUESTION),
    Topic("import", _("发票怎么批量导入和导出"), _("从其他软件导出，先检查，再导入；改错、撤销和导出"), GUIDE),
    Topic("interfaces", _("企业自己的系统怎么接入"), _("接口办理发票，接口推送，签名和重发"), GUIDE),
    Topic("in-doubt", _("显示“待核实”怎么办"), _("清卡、开票、作废和变更指令没有可靠回答时，系统读设备核对"), QUESTION),
    Topic("no-read-back", _("设备不能回读怎么办"), _("结果不明的清卡、开票和作废由人核实，不作推测"), QUESTION),
    Topic("disagree", _("核对的数字不对怎么办"), _("如何更正，更正不了找谁"), QUESTION),
    Topic("password", _("忘记登录密码怎么办"), _("请管理员或主管税务机关重置"), QUESTION),
    Topic("interrupted", _("清卡过程中断怎么办"), _("重新登录后从中断处继续"), QUESTION),
    Topic("contact", _("联系技术支持"), _("联系之前先准备什么"), ABOUT),
    Topic("accessibility", _("无障碍说明"), _("键盘、大字版和读屏支持"), ABOUT),
    Topic("about", _("关于本系统"), _("演示系统的范围和数据"), ABOUT),
)
BY_SLUG = {topic.slug: topic for topic in TOPICS}


def grouped() -> list[tuple[str | Promise, list[Topic]]]:
    """Return the topics under their headings."""
    return [(label, [topic for topic in TOPICS if topic.group == group]) for group, label in GROUPS]
