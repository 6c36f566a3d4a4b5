"""Changing the calendar: one officer asks with source and reason, a head of the city's bureau agrees."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.choices import ChangeState, TaxpayerStatus
from accounts.models import Bureau, Taxpayer, User
from filing import policies, selectors
from filing.choices import CalendarSubject, DeadlineBasis, HolidayKind
from filing.models import CalendarChange, Holiday, TaxDeadline
from filing.selectors.calendar import Deadline
from filing.services.second_person import asked_by, decide, is_settled_so, lock_asked, require_words
from taxhall.common import locks
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.policies import require

_NOT_THE_CITY = "办税日历全市通用，由市局的岗位负责人确认，您没有这个权限。"


@transaction.atomic
def ask_calendar_change(
    *, actor: User, subject: str, day: date, source: str, reason: str, kind: str = "", deadline: date | None = None
) -> CalendarChange:
    """Ask to set or take away one row of the calendar; nothing changes before the second person agrees.

    Rule: a season ends inside its month; without a day the row goes and the computation (推算) stands in. The same
    asked again by the same officer gives the one that waits.
    Raises: NotPermittedError; InvalidInputError; ConflictError where another change of the row waits, or nothing
    would change.
    """
    require(policies.can_ask_calendar_change(actor), _("只有在岗的税务人员可以提出日历变动。"))
    require_words(source=source, reason=reason)
    wanted = _checked(subject, day, kind, deadline) | {"source": source.strip(), "reason": reason.strip()}
    # Where the calendar has no row yet there is nothing to lock.
    locks.hold_until_commit(f"filing:calendar:{subject}:{wanted['day']}")
    waiting = CalendarChange.objects.filter(subject=subject, day=wanted["day"], state=ChangeState.ASKED)
    if (standing := waiting.first()) is not None:
        return _same_or_refused(standing, actor, wanted)
    before = _row_words(subject, wanted["day"])
    _require_a_change(wanted, before)
    change = CalendarChange.objects.create(**wanted, before=before, **asked_by(actor))
    _record(change, actor, "calendar_change_asked")
    _tell_heads(change)
    return change


@transaction.atomic
def agree_calendar_change(*, actor: User, change: CalendarChange) -> CalendarChange:
    """Agree as the second person: the row changes with it, and companies whose season moves are told once.

    Raises: NotPermittedError for the asker and who is no head of the city's bureau; ConflictError once decided, or
    when the row is not what it was when the change was asked for.
    """
    change = _lock(actor, change)
    if is_settled_so(change, actor, ChangeState.AGREED):
        return change
    decide(change, actor, ChangeState.AGREED)
    if _row_words(change.subject, change.day) != change.before:
        raise ConflictError(
            _("提出之后，这一行又有改动，没有生效。"), code="filing.change_stale", next_step=_("请核对后重新提出。")
        )
    month = (change.day.year, change.day.month)
    was = selectors.season_deadline(*month)
    _APPLY[change.subject](change)
    _record(change, actor, "calendar_change_agreed")
    _tell_companies(change, was, selectors.season_deadline(*month))
    return change


@transaction.atomic
def refuse_calendar_change(*, actor: User, change: CalendarChange) -> CalendarChange:
    """Refuse as the second person; the calendar stays. Refusing twice changes nothing.

    Raises: NotPermittedError; ConflictError once agreed.
    """
    change = _lock(actor, change)
    if not is_settled_so(change, actor, ChangeState.REFUSED):
        decide(change, actor, ChangeState.REFUSED)
        _record(change, actor, "calendar_change_refused")
    return change


def _lock(actor: User, change: CalendarChange) -> CalendarChange:
    change = lock_asked(change)
    require(policies.can_decide_calendar_change(actor), _(_NOT_THE_CITY))
    return change


def _checked(subject: str, day: date, kind: str, deadline: date | None) -> dict[str, Any]:
    if subject == CalendarSubject.DAY and (not kind or kind in HolidayKind.values):
        return {"subject": subject, "day": day, "kind": kind, "deadline": None}
    if subject != CalendarSubject.SEASON:
        raise InvalidInputError(_("没有这样的日历变动，没有提出。"), code="filing.change_unknown")
    month = day.replace(day=1)
    if deadline is not None and deadline.replace(day=1) != month:
        raise InvalidInputError(
            _("截止日期不在 %(year)s 年 %(month)s 月内，没有提出。") % {"year": day.year, "month": day.month},
            code="filing.deadline_outside_month",
            fields={"deadline": [_("请填写该月内的日期")]},
        )
    return {"subject": subject, "day": month, "kind": "", "deadline": deadline}


def _same_or_refused(standing: CalendarChange, actor: User, wanted: dict[str, Any]) -> CalendarChange:
    same = all(getattr(standing, name) == value for name, value in wanted.items())
    if same and standing.asked_by_id == actor.pk:
        return standing
    raise ConflictError(
        _("%(place)s已有一项变动待第二人确认，没有另外提出。") % {"place": standing.place},
        code="filing.change_waits",
        next_step=_("请先处理那一项。"),
    )


def _row_words(subject: str, day: date) -> dict[str, str]:
    """Return what the row says now; empty where there is none."""
    if subject == CalendarSubject.DAY:
        holiday = Holiday.objects.select_for_update().filter(day=day).first()
        return {"kind": holiday.kind, "source": holiday.source} if holiday else {}
    row = TaxDeadline.objects.select_for_update().filter(year=day.year, month=day.month).first()
    return {"deadline": str(row.deadline), "source": row.source, "basis": row.basis} if row else {}


def _require_a_change(wanted: dict[str, Any], before: dict[str, str]) -> None:
    says = {"kind": wanted["kind"], "deadline": str(wanted["deadline"] or ""), "source": wanted["source"]}
    is_removal = not says["kind"] and not says["deadline"]
    same = all(before.get(name, "") == says[name] for name in ("kind", "deadline"))
    # The same day with another source is a change: a computed row becomes an official one.
    if same and (is_removal or before.get("source") == says["source"]):
        raise ConflictError(
            _("日历上已经是这样，没有提出变动。"), code="filing.change_is_none", next_step=_("请核对日期。")
        )


def _apply_day(change: CalendarChange) -> None:
    if not change.kind:
        Holiday.objects.filter(day=change.day).delete()
        return
    values = {"kind": change.kind, "source": change.source}
    Holiday.objects.update_or_create(day=change.day, defaults=values)


def _apply_season(change: CalendarChange) -> None:
    month: dict[str, Any] = {"year": change.day.year, "month": change.day.month}
    if change.deadline is None:
        TaxDeadline.objects.filter(**month).delete()
        return
    values = {"deadline": change.deadline, "source": change.source, "basis": DeadlineBasis.OFFICIAL}
    TaxDeadline.objects.update_or_create(**month, defaults=values)


_APPLY = {CalendarSubject.DAY.value: _apply_day, CalendarSubject.SEASON.value: _apply_season}


def _record(change: CalendarChange, actor: User, act: str) -> None:
    data = {
        "subject": change.subject, "day": str(change.day), "before": change.before, "kind": change.kind,
        "deadline": str(change.deadline or ""), "source": change.source, "reason": change.reason,
    }  # fmt: skip
    account_services.record_audit_event(actor=actor, action=f"filing.{act}", obj=change, data=data)


def _tell_heads(change: CalendarChange) -> None:
    cities = Bureau.objects.filter(code__endswith="000000")
    account_services.send_staff_notice(
        officers=[head for head in account_selectors.list_heads(bureaus=cities) if head.pk != change.asked_by_id],
        kind="calendar_change_asked",
        title=_("日历变动待您确认：%(what)s") % {"what": change},
        body=_("%(who)s 提出，依据：%(source)s") % {"who": change.asked_by, "source": change.source},
        link=reverse("admin:calendar"),
        dedupe_key=f"calendar_change:{change.pk}",
    )


def _tell_companies(change: CalendarChange, was: Deadline, now: Deadline) -> None:
    if was.date == now.date:
        return
    month = {"year": change.day.year, "month": change.day.month}
    facts = {"was": was.date, "now": now.date, "source": now.source}
    account_services.send_notices(
        taxpayers=Taxpayer.objects.exclude(status=TaxpayerStatus.CANCELLED),
        kind="filing",
        title=_("%(year)s 年 %(month)s 月征期截止日有变动") % month,
        body=_("原为 %(was)s，现为 %(now)s。依据：%(source)s。设备上的锁死日期不会跟着变，以设备为准。") % facts,
        link=f"{reverse('filing:calendar')}?month={change.day:%Y-%m}",
        dedupe_key=f"filing:calendar:{change.pk}",
    )
