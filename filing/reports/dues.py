"""应缴未缴税款: what was filed and is not in the treasury yet, with the surcharge up to today."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing import selectors
from filing.choices import ReturnStatus
from filing.models import TaxReturn
from filing.reports.returns import standing, who, whose
from filing.rules import library
from filing.selectors import Dues
from invoicing.reports.base import count, day, money, text
from taxhall.common import clock
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Cell, Table


def table(taxpayers: QuerySet[Taxpayer], period: TaxPeriod, *, of_district: bool = False) -> Table:
    """Return one row per return that ends up to the period's end and still owes something."""
    today = clock.today()
    found = standing(taxpayers).filter(status=ReturnStatus.SUBMITTED, period_end__lte=period.end, tax_due__gt=0)
    owed = [(each, selectors.dues_of(each, today=today)) for each in found]
    owed = [(each, dues) for each, dues in owed if dues.total > 0]
    columns = (
        *whose(of_district=of_district),
        text(_("申报表"), 30),
        text(_("所属期"), 16),
        day(_("缴款期限")),
        money(_("应补税费")),
        money(_("已入库")),
        money(_("欠缴税费")),
        count(_("滞纳天数")),
        money(_("滞纳金")),
    )
    empty: tuple[Cell, ...] = (None,) * (len(columns) - 6)
    totals = (
        _("合计"),
        *empty,
        sum((each.owed_amount for each, _dues in owed), ZERO),
        sum((dues.received_tax for _each, dues in owed), ZERO),
        sum((dues.tax for _each, dues in owed), ZERO),
        None,
        sum((dues.late_fee for _each, dues in owed), ZERO),
    )
    return Table("", columns, [_row(each, dues, of_district=of_district) for each, dues in owed], totals)


def _row(tax_return: TaxReturn, dues: Dues, *, of_district: bool) -> tuple[Cell, ...]:
    return (
        *who(tax_return.taxpayer, of_district=of_district),
        library.title_of(tax_return.form_code, tax_return.form_version),
        tax_return.period.label,
        tax_return.due_on,
        tax_return.owed_amount,
        dues.received_tax,
        dues.tax,
        dues.days,
        dues.late_fee,
    )
