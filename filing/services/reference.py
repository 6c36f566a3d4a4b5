"""Reference rows: the first filling, and days that an operator adds; changes are those of `calendar_changes`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.choices import ChangeState
from filing import reference
from filing.choices import CalendarSubject, HolidayKind
from filing.models import CalendarChange, Holiday, PolicyRule, RuleTolerance, TaxDeadline
from taxhall.common.errors import InvalidInputError


def load_reference_rows() -> None:
    """Add every reference row that is missing; rows that exist, edited or not, stay, and so do those taken away."""
    _load_calendar()
    PolicyRule.objects.bulk_create(
        [PolicyRule(**values) for values in reference.policy_values()], ignore_conflicts=True
    )
    RuleTolerance.objects.bulk_create(
        [
            RuleTolerance(
                rule_code=code, amount=Decimal(amount), valid_from=date(2018, 3, 1), source=reference.TOLERANCE_SOURCE
            )
            for code, amount in reference.TOLERANCES
        ],
        ignore_conflicts=True,
    )


def _load_calendar() -> None:
    agreed = CalendarChange.objects.filter(state=ChangeState.AGREED)
    changed = set(agreed.values_list("subject", "day"))
    Holiday.objects.bulk_create(
        [
            Holiday(day=day, kind=kind, source=source)
            for day, kind, source in reference.holiday_rows()
            if (CalendarSubject.DAY, day) not in changed
        ],
        ignore_conflicts=True,
    )
    TaxDeadline.objects.bulk_create(
        [
            TaxDeadline(year=year, month=month, deadline=last, basis=basis, source=source)
            for year, month, last, basis, source in reference.deadline_rows()
            if (CalendarSubject.SEASON, date(year, month, 1)) not in changed
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def add_holiday(*, day: date, kind: str, source: str) -> Holiday:
    """Enter a missing day of the work calendar (放假、调休); an operator's act at the machine, who changes no row.

    Raises: InvalidInputError.
    """
    if kind not in HolidayKind.values or not source.strip():
        raise InvalidInputError(
            _("节假日资料不完整，未保存。"),
            code="filing.holiday_incomplete",
            fields={"source": [_("请填写放假通知的文号")]},
        )
    row, is_new = Holiday.objects.get_or_create(day=day, defaults={"kind": kind, "source": source.strip()})
    if is_new:
        account_services.record_audit_event(
            actor=None,
            action="filing.holiday_added",
            obj=row,
            data={"day": str(day), "kind": kind, "source": row.source},
        )
    return row
