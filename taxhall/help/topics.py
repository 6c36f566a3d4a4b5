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
    Topic("report-guide", _("抄报怎么办"), _("插好设备，输入口令，上报汇总"), GUIDE),
    Topic("backup", _("怎样备份发票"), _("存成一个加密文件，自己保管，随时核对"), GUIDE),
    Topic("own-pc", _("设备插在自己的电脑上怎么办"), _("安装代理程序，连接电脑，输入口令"), GUIDE),
    Topic("in-doubt", _("显示“待核实”怎么办"), _("系统会读设备核对，不会重复清卡"), QUESTION),
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
