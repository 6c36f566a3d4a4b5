"""Rows of public knowledge that the hall starts with: calendar, policies, tolerances.

They are topped up after every migrate and never overwrite a row that an administrator edited.
Dates and numbers: domain notes in docs/, each row names the document it rests on.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from filing.choices import DeadlineBasis, HolidayKind

NOTICE_2026 = "税总办征科函〔2025〕64号"
HOLIDAYS_2026 = "国办发明电〔2025〕7号"
FROM_MEMORY = "据历年放假安排整理，以官方通知为准"
COMPUTED = "按顺延规则推算，以税务机关公告为准"

_OFFICIAL, _ESTIMATED = DeadlineBasis.OFFICIAL, DeadlineBasis.ESTIMATED

# Month-day of the last day of each month's season, January first.
DEADLINES: dict[int, tuple[DeadlineBasis, str, tuple[str, ...]]] = {
    2023: (_ESTIMATED, COMPUTED, ("01-16", "02-15", "03-15", "04-17", "05-18", "06-15",
                                  "07-17", "08-15", "09-15", "10-23", "11-15", "12-15")),
    2024: (_ESTIMATED, COMPUTED, ("01-15", "02-23", "03-15", "04-18", "05-22", "06-19",
                                  "07-15", "08-15", "09-18", "10-24", "11-15", "12-16")),
    2025: (_ESTIMATED, COMPUTED, ("01-15", "02-20", "03-17", "04-18", "05-22", "06-16",
                                  "07-15", "08-15", "09-15", "10-27", "11-17", "12-15")),
    2026: (_OFFICIAL, NOTICE_2026, ("01-20", "02-24", "03-16", "04-20", "05-22", "06-15",
                                    "07-15", "08-17", "09-15", "10-26", "11-16", "12-15")),
}  # fmt: skip

# First and last day of each holiday block, both included, with the source of the block.
HOLIDAY_BLOCKS: tuple[tuple[str, str, str], ...] = (
    ("2024-01-01", "2024-01-01", FROM_MEMORY),
    ("2024-02-10", "2024-02-17", FROM_MEMORY),
    ("2024-04-04", "2024-04-06", FROM_MEMORY),
    ("2024-05-01", "2024-05-05", FROM_MEMORY),
    ("2024-06-08", "2024-06-10", FROM_MEMORY),
    ("2024-09-15", "2024-09-17", FROM_MEMORY),
    ("2024-10-01", "2024-10-07", FROM_MEMORY),
    ("2025-01-01", "2025-01-01", FROM_MEMORY),
    ("2025-01-28", "2025-02-04", FROM_MEMORY),
    ("2025-04-04", "2025-04-06", FROM_MEMORY),
    ("2025-05-01", "2025-05-05", FROM_MEMORY),
    ("2025-05-31", "2025-06-02", FROM_MEMORY),
    ("2025-10-01", "2025-10-08", FROM_MEMORY),
    ("2026-01-01", "2026-01-03", HOLIDAYS_2026),
    ("2026-02-15", "2026-02-23", HOLIDAYS_2026),
    ("2026-04-04", "2026-04-06", HOLIDAYS_2026),
    ("2026-05-01", "2026-05-05", HOLIDAYS_2026),
    ("2026-06-19", "2026-06-21", FROM_MEMORY),
    ("2026-09-25", "2026-09-27", FROM_MEMORY),
    ("2026-10-01", "2026-10-07", HOLIDAYS_2026),
)

MAKE_UP_DAYS: tuple[str, ...] = (
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29", "2024-10-12",
    "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
    "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
)  # fmt: skip

_LEVY_2023 = "财政部 税务总局公告2023年第1号、第19号"
_LEVY_2026 = "财政部 税务总局公告2026年第10号；国家税务总局公告2026年第4号"
_HALVING = "财政部 税务总局公告2023年第12号"
_RATES_2019 = "财政部 税务总局 海关总署公告2019年第39号"
_REMINDERS = "本系统默认值，待主管税务机关核定"
_EDUCATION = "征收教育费附加的暂行规定"

# code, key, value, from, to, basis, certain
POLICIES: tuple[tuple[str, str, str, str, str | None, str, bool], ...] = (
    ("small_scale.levy", "3", "0.03", "2009-01-01", "2025-12-31", "增值税暂行条例", True),
    ("small_scale.levy", "3", "0.03", "2026-01-01", None, "增值税法第十一条", True),
    ("small_scale.levy", "5", "0.05", "2016-05-01", "2025-12-31", "财税〔2016〕36号", True),
    ("small_scale.reduced_levy", "3", "0.01", "2020-03-01", "2022-03-31", "财政部 税务总局公告2020年第13号等", True),
    ("small_scale.reduced_levy", "3", "0.01", "2023-01-01", "2025-12-31", _LEVY_2023, True),
    ("small_scale.reduced_levy", "3", "0.01", "2026-01-01", "2027-12-31", _LEVY_2026, True),
    ("small_scale.used_asset_levy", "3", "0.02", "2009-01-01", None, "财税〔2009〕9号", True),
    ("small_scale.threshold", "monthly", "30000", "2014-10-01", "2018-12-31", "财税〔2014〕71号等", True),
    ("small_scale.threshold", "quarterly", "90000", "2014-10-01", "2018-12-31", "财税〔2014〕71号等", True),
    ("small_scale.threshold", "monthly", "100000", "2019-01-01", "2021-03-31", "财税〔2019〕13号", True),
    ("small_scale.threshold", "quarterly", "300000", "2019-01-01", "2021-03-31", "财税〔2019〕13号", True),
    ("small_scale.threshold", "monthly", "150000", "2021-04-01", "2022-12-31", "财政部 税务总局公告2021年第11号", True),
    (
        "small_scale.threshold",
        "quarterly",
        "450000",
        "2021-04-01",
        "2022-12-31",
        "财政部 税务总局公告2021年第11号",
        True,
    ),
    ("small_scale.threshold", "monthly", "100000", "2023-01-01", "2025-12-31", _LEVY_2023, True),
    ("small_scale.threshold", "quarterly", "300000", "2023-01-01", "2025-12-31", _LEVY_2023, True),
    ("small_scale.threshold", "monthly", "100000", "2026-01-01", "2027-12-31", _LEVY_2026, True),
    ("small_scale.threshold", "quarterly", "300000", "2026-01-01", "2027-12-31", _LEVY_2026, True),
    ("surcharge.city_maintenance", "city", "0.07", "2021-09-01", None, "城市维护建设税法第四条", True),
    ("surcharge.city_maintenance", "town", "0.05", "2021-09-01", None, "城市维护建设税法第四条", True),
    ("surcharge.city_maintenance", "other", "0.01", "2021-09-01", None, "城市维护建设税法第四条", True),
    ("surcharge.education", "rate", "0.03", "2005-10-01", None, _EDUCATION, True),
    ("surcharge.local_education", "rate", "0.02", "2010-12-01", None, "财综〔2010〕98号", True),
    ("surcharge.education_exemption", "monthly", "100000", "2016-02-01", None, "财税〔2016〕12号", True),
    ("surcharge.education_exemption", "quarterly", "300000", "2016-02-01", None, "财税〔2016〕12号", True),
    ("general.rate", "13", "0.13", "2019-04-01", "2025-12-31", _RATES_2019, True),
    ("general.rate", "9", "0.09", "2019-04-01", "2025-12-31", _RATES_2019, True),
    ("general.rate", "6", "0.06", "2019-04-01", "2025-12-31", _RATES_2019, True),
    ("general.rate", "13", "0.13", "2026-01-01", None, "增值税法第十条", True),
    ("general.rate", "9", "0.09", "2026-01-01", None, "增值税法第十条", True),
    ("general.rate", "6", "0.06", "2026-01-01", None, "增值税法第十条", True),
    ("simple.levy", "3", "0.03", "2014-07-01", "2025-12-31", "财税〔2014〕57号", True),
    ("simple.levy", "3", "0.03", "2026-01-01", None, "增值税法第十一条", True),
    ("simple.levy", "5", "0.05", "2016-05-01", "2025-12-31", "财税〔2016〕36号", True),
    (
        "general.extra_credit",
        "advanced_manufacturing",
        "0.05",
        "2023-01-01",
        "2027-12-31",
        "财政部 税务总局公告2023年第43号",
        True,
    ),
    ("late_fee.rate", "daily", "0.0005", "2001-05-01", None, "税收征收管理法第三十二条", True),
    ("late_fee.waived", "up_to", "1", "2012-08-01", None, "国家税务总局公告2012年第25号", False),
    ("culture_fee.rate", "rate", "0.03", "2016-05-01", None, "财税〔2016〕25号", True),
    ("culture_fee.cut", "central", "0.5", "2019-07-01", "2024-12-31", "财税〔2019〕46号", False),
    ("reminder.days", "first", "5", "2026-01-01", None, _REMINDERS, False),
    ("reminder.days", "second", "1", "2026-01-01", None, _REMINDERS, False),
    ("reminder.days", "last", "0", "2026-01-01", None, _REMINDERS, False),
    ("surcharge.halving", "small_scale", "0.5", "2023-01-01", "2027-12-31", _HALVING, True),
)

# Shaanxi's own tolerances are not published; these are the strictest reading, to be edited by the bureau.
TOLERANCES: tuple[tuple[str, str], ...] = (
    ("X1", "1.00"),
    ("X2", "1.00"),
    ("X3", "0.00"),
    ("S1", "0.00"),
    ("G1A", "1.00"),
    ("G1B", "1.00"),
    ("G3A", "1.00"),
    ("G3B", "1.00"),
    ("G4", "0.01"),
    ("G5", "0.01"),
    ("G6", "0.01"),
    ("G7", "1.00"),
    ("G8", "0.01"),
    ("G9", "0.00"),
    ("G10", "1.00"),
    ("G11", "0.00"),
)
TOLERANCE_SOURCE = "税总发〔2017〕124号允许各省设定尾差；本系统默认值，待主管税务机关核定"


def deadline_rows() -> list[tuple[int, int, date, DeadlineBasis, str]]:
    """Return year, month, last day, basis and source of every known season."""
    return [
        (year, month, date.fromisoformat(f"{year}-{day}"), basis, source)
        for year, (basis, source, days) in DEADLINES.items()
        for month, day in enumerate(days, start=1)
    ]


def holiday_rows() -> list[tuple[date, HolidayKind, str]]:
    """Return every holiday and make-up day with its source."""
    rows: list[tuple[date, HolidayKind, str]] = []
    for first, last, source in HOLIDAY_BLOCKS:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
        rows += [(start + timedelta(days=n), HolidayKind.OFF, source) for n in range((end - start).days + 1)]
    rows += [(date.fromisoformat(day), HolidayKind.WORK, FROM_MEMORY) for day in MAKE_UP_DAYS]
    return rows


def policy_values() -> list[dict[str, object]]:
    """Return the policy rows as field values."""
    return [
        {
            "code": code, "key": key, "value": Decimal(value), "valid_from": date.fromisoformat(start),
            "valid_to": date.fromisoformat(end) if end else None, "basis": basis, "is_certain": certain,
        }
        for code, key, value, start, end, basis, certain in POLICIES
    ]  # fmt: skip
