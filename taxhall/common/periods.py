"""Tax periods (所属期) as value objects: a month, a quarter or a year."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
_QUARTER = re.compile(r"^(\d{4})-Q([1-4])$")


@dataclass(frozen=True, order=True)
class TaxPeriod:
    """A span of whole months, both ends included."""

    start: date
    end: date

    @classmethod
    def month(cls, year: int, month: int) -> TaxPeriod:
        """Return one month. Raises: ValueError for a month that does not exist."""
        return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))

    @classmethod
    def quarter(cls, year: int, quarter: int) -> TaxPeriod:
        """Return one quarter, 1 to 4. Raises: ValueError."""
        if not 1 <= quarter <= 4:
            raise ValueError(f"no quarter {quarter}")
        return cls(cls.month(year, quarter * 3 - 2).start, cls.month(year, quarter * 3).end)

    @classmethod
    def of_month(cls, day: date) -> TaxPeriod:
        """Return the month that holds the day."""
        return cls.month(day.year, day.month)

    @classmethod
    def of_quarter(cls, day: date) -> TaxPeriod:
        """Return the quarter that holds the day."""
        return cls.quarter(day.year, (day.month + 2) // 3)

    @classmethod
    def parse(cls, code: str) -> TaxPeriod:
        """Read 2026-11 or 2026-Q4. Raises: ValueError."""
        if match := _MONTH.match(code):
            return cls.month(int(match[1]), int(match[2]))
        if match := _QUARTER.match(code):
            return cls.quarter(int(match[1]), int(match[2]))
        raise ValueError(f"not a period: {code!r}")

    @property
    def month_count(self) -> int:
        """How many months the period spans."""
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1

    @property
    def code(self) -> str:
        """2026-11 or 2026-Q4."""
        if self.month_count == 3:
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return f"{self.start:%Y-%m}"

    @property
    def label(self) -> str:
        """The period in words, as users read it."""
        if self.month_count == 3:
            return f"{self.start.year} 年第 {(self.start.month + 2) // 3} 季度"
        return f"{self.start.year} 年 {self.start.month} 月"

    def next(self) -> TaxPeriod:
        """Return the period of the same length that follows."""
        return self._from(self.end + timedelta(days=1))

    def previous(self) -> TaxPeriod:
        """Return the period of the same length before."""
        last = self.start - timedelta(days=1)
        return TaxPeriod.of_quarter(last) if self.month_count == 3 else TaxPeriod.of_month(last)

    def contains(self, day: date) -> bool:
        """Say whether the day lies in the period."""
        return self.start <= day <= self.end

    def months(self) -> tuple[TaxPeriod, ...]:
        """Return the months of the period in order."""
        found, current = [], TaxPeriod.of_month(self.start)
        for _ in range(self.month_count):
            found.append(current)
            current = current.next()
        return tuple(found)

    def _from(self, start: date) -> TaxPeriod:
        return TaxPeriod.of_quarter(start) if self.month_count == 3 else TaxPeriod.of_month(start)

    def __str__(self) -> str:
        return self.code
