"""What companies have still to do, and by when, for many of them at once (到期提醒)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.choices import TaxpayerStatus
from accounts.models import Bureau, Membership, Taxpayer, User
from accounts.policies import FILING_ROLES
from devices import selectors as device_selectors
from devices.choices import OUT_OF_USE, UNSETTLED_COMMAND_STATES
from devices.models import Device
from filing.choices import ENDED_PAYMENTS, ReminderKind
from filing.models import Payment, PolicyRule, Reminder, TaxReturn
from filing.rules.reminders import STEPS_CODE, step_of
from filing.selectors.calendar import Seasons
from filing.selectors.period_kinds import PeriodKinds, many_period_kinds, return_period
from filing.selectors.returns import first_due_month, is_settled, standing_returns
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class Duty:
    """One thing that a company has to do by a day; what is done already is none."""

    taxpayer: Taxpayer
    kind: str
    subject: str
    due_on: date
    period: TaxPeriod | None = None
    return_pk: int | None = None
    devices: tuple[Device, ...] = ()
    # Of a clear: those among them whose clear is approved and waits for the disk.
    approved: tuple[Device, ...] = ()
    # Of an upload: whether the day is a fixed one, or reached at the pace so far (推算).
    is_fixed: bool = True


@dataclass(frozen=True)
class DueReminder:
    """A duty whose next reminder has not been sent."""

    duty: Duty
    step: int

    @property
    def identity(self) -> tuple[int, str, str, int]:
        """What makes it come once."""
        return self.duty.taxpayer.pk, self.duty.kind, self.duty.subject, self.step


class Season(NamedTuple):
    """A month that is to be filed and its last day."""

    month: TaxPeriod
    last: date


@dataclass(frozen=True)
class DayOfReminders:
    """What one person's companies were reminded of on a day."""

    companies: int
    # The one company's name; any of them where there are several.
    name: str
    kinds: tuple[str, ...]
    count: int
    first_due_on: date


@dataclass
class Window:
    """The days that reminders of one business day look at; each bureau's seasons are computed once."""

    today: date
    steps: tuple[int, ...]
    _seasons: dict[int, list[Season]] = field(default_factory=dict)

    @property
    def until(self) -> date:
        """The last deadline that is near enough."""
        return self.today + timedelta(days=max(self.steps, default=0))

    def holds(self, day: date) -> bool:
        """Say whether a deadline lies in it; without steps none does."""
        return bool(self.steps) and self.today <= day <= self.until

    def seasons(self, bureau: Bureau) -> list[Season]:
        """Return the seasons of a bureau's companies that end within it; an outage may have moved an older one here."""
        if bureau.pk not in self._seasons:
            last = TaxPeriod.of_month(self.today).previous()
            seasons = Seasons(bureau)
            found = [Season(each, seasons.of_period(each).date) for each in (last.previous(), last)]
            self._seasons[bureau.pk] = [each for each in found if self.holds(each.last)]
        return self._seasons[bureau.pk]


def reminder_steps(day: date) -> tuple[int, ...]:
    """Return how many days before a deadline reminders come, by the rows in force on a day."""
    valid = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))
    rows = PolicyRule.objects.filter(valid, code=STEPS_CODE)
    return tuple(sorted({int(value) for value in rows.values_list("value", flat=True)}))


def reminded_taxpayers(*, after: int, count: int) -> list[Taxpayer]:
    """Return the next companies behind a key, in order; cancelled ones have nothing left to do."""
    found = Taxpayer.objects.exclude(status=TaxpayerStatus.CANCELLED).filter(pk__gt=after)
    return list(found.select_related("bureau").order_by("pk")[:count])


def due_reminders(taxpayers: Sequence[Taxpayer], window: Window) -> list[DueReminder]:
    """Return what some companies are to be reminded of and were not; statements do not grow with their number."""
    devices = defaultdict(list)
    for device in device_selectors.list_devices_of(taxpayers=taxpayers):
        devices[device.taxpayer_id].append(device)
    duties = [*_filing(taxpayers, devices, window), *_clearing(taxpayers, devices, window)]
    duties += _uploading(taxpayers, devices, window)
    found = [
        DueReminder(duty, step)
        for duty in duties
        if (step := step_of(duty.due_on, window.today, window.steps)) is not None
    ]
    subjects = {each.duty.subject for each in found}
    sent = Reminder.objects.filter(taxpayer__in=[each.pk for each in taxpayers], subject__in=subjects)
    known = set(sent.values_list("taxpayer_id", "kind", "subject", "step")) if subjects else set()
    return [each for each in found if each.identity not in known]


def reminders_of_people(people: Sequence[User], day: date) -> dict[int, DayOfReminders]:
    """Return what the companies that each person files for were reminded of on a day, in one statement."""
    served = Membership.objects.active().filter(
        user__in=[each.pk for each in people], role__in=FILING_ROLES, taxpayer__reminders__day=day
    )
    rows = (
        served.order_by()
        .values("user")
        .annotate(
            companies=Count("taxpayer", distinct=True),
            name=Min("taxpayer__name"),
            kinds=ArrayAgg("taxpayer__reminders__kind", distinct=True),
            count=Count("taxpayer__reminders", distinct=True),
            first=Min("taxpayer__reminders__due_on"),
        )
    )
    return {
        row["user"]: DayOfReminders(row["companies"], row["name"], tuple(row["kinds"]), row["count"], row["first"])
        for row in rows
    }


def list_reminders(*, taxpayer: Taxpayer) -> QuerySet[Reminder]:
    """Return what the company in sight was reminded of, newest first."""
    return Reminder.objects.filter(taxpayer=taxpayer.pk)


def _filing(taxpayers: Sequence[Taxpayer], devices: dict[int, list[Device]], window: Window) -> list[Duty]:
    """Return the returns that are not filed, and those that are filed and not paid."""
    asked = [(each, season) for each in taxpayers for season in window.seasons(each.bureau)]
    if not asked:
        return []
    kinds = many_period_kinds([each for each, _season in asked])
    found: dict[tuple[int, TaxPeriod], TaxReturn] = {}
    ends = {season.month.end for _each, season in asked}
    filed = standing_returns().filter(taxpayer__in={each.pk for each, _season in asked}, period_end__in=ends)
    # Who waits for the treasury's answer must not pay a second time.
    waiting = Payment.objects.filter(tax_return=OuterRef("pk")).exclude(state__in=ENDED_PAYMENTS)
    for tax_return in filed.annotate(is_paying=Exists(waiting)):
        found[tax_return.taxpayer_id, tax_return.period] = tax_return
    duties = []
    for taxpayer, season in asked:
        period = _due_period(taxpayer, season.month, kinds[taxpayer.pk], devices[taxpayer.pk], window.today)
        if period is not None:
            duties += _return_duty(taxpayer, period, season.last, found.get((taxpayer.pk, period)))
    return duties


def _due_period(
    taxpayer: Taxpayer, month: TaxPeriod, kinds: PeriodKinds, devices: Sequence[Device], today: date
) -> TaxPeriod | None:
    if month < first_due_month(taxpayer, [each.period_start for each in devices], today=today):
        return None
    return return_period(taxpayer, month, kinds=kinds)


def _return_duty(taxpayer: Taxpayer, period: TaxPeriod, last: date, standing: TaxReturn | None) -> list[Duty]:
    subject = f"{period.code}@{last}"
    if standing is None or standing.is_draft:
        return [Duty(taxpayer, ReminderKind.FILE, subject, last, period)]
    if not is_settled(standing) and not getattr(standing, "is_paying", False):
        return [Duty(taxpayer, ReminderKind.PAY, subject, last, period, return_pk=standing.pk)]
    return []


def _clearing(taxpayers: Sequence[Taxpayer], devices: dict[int, list[Device]], window: Window) -> list[Duty]:
    """Return the months that are not cleared, by the lock date that the disks hold; disks of one day are one duty.

    A disk to which a clear was sent may be cleared already: nothing is said of it before its own word. One whose clear
    waits for it is not, and locks unless it is plugged in.
    """
    duties, states = [], device_selectors.live_clear_states(each for held in devices.values() for each in held)
    unknown = {pk for pk, state in states.items() if state in UNSETTLED_COMMAND_STATES}
    for taxpayer in taxpayers:
        groups: dict[tuple[TaxPeriod, date], list[Device]] = defaultdict(list)
        for device in devices[taxpayer.pk]:
            is_over = device.period_end < window.today and device.status not in OUT_OF_USE
            if is_over and device.pk not in unknown and window.holds(device.issue_allowed_until):
                groups[device.period, device.issue_allowed_until].append(device)
        duties += [
            Duty(
                taxpayer,
                ReminderKind.CLEAR,
                f"{period.code}@{last}",
                last,
                period,
                devices=tuple(held),
                approved=tuple(each for each in held if each.pk in states),
            )
            for (period, last), held in groups.items()
        ]
    return duties


def _uploading(taxpayers: Sequence[Taxpayer], devices: dict[int, list[Device]], window: Window) -> list[Duty]:
    """Return the disks whose offline ceiling is foreseen; the forecast moves daily, an upload makes it count anew."""
    companies = {each.pk: each for each in taxpayers}
    used = [each for held in devices.values() for each in held if each.status not in OUT_OF_USE]
    ends = device_selectors.coming_ends([each for each in used if each.offline_since is not None])
    duties = []
    for device in used:
        end = ends.get(device.pk)
        day = timezone.localdate(end.at) if end is not None else None
        if end is None or day is None or not window.holds(day):
            continue
        since = device.offline_since or end.at
        subject = f"{device.serial}:{timezone.localtime(since):%Y%m%d%H%M%S}"
        duties.append(
            Duty(
                companies[device.taxpayer_id], ReminderKind.UPLOAD, subject, day,
                devices=(device,), is_fixed=end.name == "hours",
            )
        )  # fmt: skip
    return duties
