"""Reports of a whole district for officers: the same tables as a company's, with a column that says whose row it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clearcard.reports import ledger
from filing.reports import burden, comparisons, dues, returns
from invoicing.reports import DistrictReport

REPORTS: tuple[DistrictReport, ...] = (
    DistrictReport("returns", _("申报汇总"), _("辖区内已申报的申报表和合计"), returns.table),
    DistrictReport("comparisons", _("比对不符清单"), _("辖区内最近一次比对不符的规则"), comparisons.table),
    DistrictReport("clears", _("清卡台账"), _("辖区内每份清卡申请到了哪一步"), ledger.table),
    DistrictReport("burden", _("增值税税负"), _("辖区内各户最近十二个月的税负率"), burden.table),
    DistrictReport("dues", _("应收税款"), _("辖区内已申报未入库的税款和滞纳金"), dues.table),
)
