"""Numbers of red forms (信息表编号) that a buyer was given elsewhere: what none of them can be."""

from __future__ import annotations

from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from taxhall.common.periods import TaxPeriod

# GB/T 2260: the first two digits of an administrative area in the mainland.
_PROVINCES = frozenset(
    str(zone * 10 + each)
    for zone, provinces in {1: 5, 2: 3, 3: 7, 4: 6, 5: 4, 6: 5}.items()
    for each in range(1, provinces + 1)
) | {"50"}


def red_number_fault(number: str, *, blue_on: date, today: date) -> str | Promise | None:
    """Return why no bureau can have given this number for an invoice of that day; None when one may have.

    Rule: 16 digits: six of the bureau's area, year and month, five of a sequence, a check digit. How the last is
    counted is not published, so that a number is never refused for it.
    """
    if len(number) != 16 or not (number.isascii() and number.isdigit()):
        return _("信息表编号应为 16 位数字。")
    if number[:2] not in _PROVINCES:
        return _("编号前 6 位应为税务机关的行政区划代码，没有以“%(area)s”开头的。") % {"area": number[:2]}
    year, month = 2000 + int(number[6:8]), int(number[8:10])
    if not 1 <= month <= 12:
        return _("编号第 7 至 10 位应为年份和月份，没有“%(month)s”月。") % {"month": number[8:10]}
    given = date(year, month, 1)
    if given > today:
        return _("编号第 7 至 10 位表示 %(year)d 年 %(month)d 月，还没有到。") % {"year": year, "month": month}
    if given < TaxPeriod.of_month(blue_on).start:
        return _("编号第 7 至 10 位表示 %(year)d 年 %(month)d 月，早于这张发票开具的月份。") % {
            "year": year,
            "month": month,
        }
    return None
