"""The reports of filing: each makes the same table for one company's page and file and for a whole district."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.reports import burden, comparisons, dues, returns
from invoicing.reports import Report

REPORTS: tuple[Report, ...] = (
    Report(
        "returns",
        _("申报汇总"),
        _("本期各税种申报表：销售额、应纳税额、减征、应补（退）和申报、缴款日期"),
        lambda asked: (returns.table(returns.own(asked), asked.period),),
        note=_("不含暂存、已作废和已被更正的申报表；附加税费计入应补（退）税费。"),
    ),
    Report(
        "comparisons",
        _("纳税申报比对表"),
        _("每条比对规则的申报数、系统数、差额、容差、结论和处理"),
        lambda asked: (comparisons.table(returns.own(asked), asked.period),),
        note=_("每个月份取最近一次有效的比对；白名单、异常解除和暂停在“处理”中注明。"),
    ),
    Report(
        "burden",
        _("增值税税负"),
        _("到所选月份为止的十二个月：销售额、应纳税额、税负率和同比，附图"),
        lambda asked: (burden.table(returns.own(asked), asked.period),),
        chart=burden.chart,
        note=_("税负率 = 应纳税额合计 ÷ 申报销售额；没有销售额的期间没有税负率。"),
    ),
    Report(
        "dues",
        _("应缴未缴税款"),
        _("已申报而没有全部入库的税款和到制表日的滞纳金"),
        lambda asked: (dues.table(returns.own(asked), asked.period),),
        note=_("列出所属期止不晚于所选期间的全部欠缴；滞纳金从缴款期限次日起按日计算到制表日。"),
    ),
)
