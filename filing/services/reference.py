"""Reference rows: the first filling, and edits by an administrator with their audit row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from filing import reference
from filing.choices import DeadlineBasis, HolidayKind
from filing.models import Holiday, PolicyRule, RuleTolerance, TaxDeadline
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require


def load_reference_rows() -> None:
    """Add every reference row that is missing; rows that exist, edited or not, stay."""
    Holiday.objects.bulk_create(
        [Holiday(day=day, kind=kind, source=source) for day, kind, source in reference.holiday_rows()],
        ignore_conflicts=True,
    )
    TaxDeadline.objects.bulk_create(
        [
            TaxDeadline(year=year, month=month, deadline=last, basis=basis, source=source)
            for year, month, last, basis, source in reference.deadline_rows()
        ],
        ignore_conflicts=True,
    )
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


@transaction.atomic
def set_deadline(
    *, actor: User, year: int, month: int, deadline: date, source: str, basis: str = DeadlineBasis.OFFICIAL
) -> TaxDeadline:
    """Enter or correct the last day of a month's season; the row wins over the computation from now on.

    Raises: NotPermittedError; InvalidInputError for a day outside the month or a missing source.
    """
    require(actor.is_staff and actor.is_active, _("只有税务人员可以修改征期截止日。"))
    if (deadline.year, deadline.month) != (year, month):
        raise InvalidInputError(
            _("截止日期不在 %(year)s 年 %(month)s 月内，未保存。") % {"year": year, "month": month},
            code="filing.deadline_outside_month",
            fields={"deadline": [_("请填写该月内的日期")]},
        )
    if not source.strip():
        raise InvalidInputError(
            _("没有填写依据，未保存。"), code="filing.source_missing", fields={"source": [_("请填写文件名称或文号")]}
        )
    row = TaxDeadline.objects.select_for_update().filter(year=year, month=month).first()
    before = {"deadline": str(row.deadline), "source": row.source, "basis": row.basis} if row else None
    row = row or TaxDeadline(year=year, month=month)
    row.deadline, row.source, row.basis = deadline, source.strip(), basis
    row.save()
    account_services.record_audit_event(
        actor=actor,
        action="filing.deadline_set",
        obj=row,
        data={"before": before, "after": {"deadline": str(deadline), "source": row.source, "basis": basis}},
    )
    return row


@transaction.atomic
def set_holiday(*, actor: User | None, day: date, kind: str, source: str) -> Holiday:
    """Enter or correct one day of the work calendar (放假、调休). Raises: NotPermittedError, InvalidInputError."""
    require(actor is None or (actor.is_staff and actor.is_active), _("只有税务人员可以修改节假日。"))
    if kind not in HolidayKind.values or not source.strip():
        raise InvalidInputError(
            _("节假日资料不完整，未保存。"),
            code="filing.holiday_incomplete",
            fields={"source": [_("请填写放假通知的文号")]},
        )
    row = Holiday.objects.select_for_update().filter(day=day).first()
    before = {"kind": row.kind, "source": row.source} if row else None
    row = row or Holiday(day=day)
    row.kind, row.source = kind, source.strip()
    row.save()
    account_services.record_audit_event(
        actor=actor,
        action="filing.holiday_set",
        obj=row,
        data={"day": str(day), "before": before, "after": {"kind": kind, "source": row.source}},
    )
    return row
