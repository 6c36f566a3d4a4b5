"""Sending reminders of deadlines: once a day over all companies, a batch at a time, each reminder once."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.models import Taxpayer
from filing import selectors
from filing.models import Reminder, ReminderRun
from filing.reminder_words import notice_of, text_of
from filing.selectors import DueReminder, Window
from taxhall.common import clock

logger = logging.getLogger(__name__)

# Nobody is woken up: the day's run begins at nine.
FIRST_HOUR = 9
BATCH = 500
KEPT = timedelta(days=400)
# Below the soft limit of a task with room for the last batch.
RUN_SECONDS = 40.0


def send_reminders(*, seconds: float = RUN_SECONDS) -> int:
    """Go on with today's run for a while, and return how many reminders were sent; nothing before nine o'clock.

    Rule: one row per company, matter, day and step, written with its message; the place that the run has come to
    moves in the same transaction. So a worker that dies repeats nothing and leaves nothing out, and two workers do
    not meet: the second finds the run held.
    """
    if timezone.localtime(clock.now()).hour < FIRST_HOUR:
        return 0
    window = _window(clock.today())
    run, _is_new = ReminderRun.objects.get_or_create(day=window.today)
    if run.finished_at is not None:
        return 0
    sent, until = 0, time.monotonic() + seconds
    while time.monotonic() < until and (found := _remind_companies(run.pk, window)) is not None:
        sent += found
    while time.monotonic() < until and _text_people(run.pk, window.today):
        pass
    return sent


def preview_reminders(*, day: date) -> Iterator[DueReminder]:
    """Yield what a day's run would send as things stand, a batch at a time; nothing is written."""
    window, position = _window(day), 0
    while taxpayers := selectors.reminded_taxpayers(after=position, count=BATCH):
        yield from selectors.due_reminders(taxpayers, window)
        position = taxpayers[-1].pk


@transaction.atomic
def _remind_companies(pk: int, window: Window) -> int | None:
    """Remind the next companies of the run; None when all are done or another worker has the run."""
    runs = ReminderRun.objects.select_for_update(skip_locked=True)
    run = runs.filter(pk=pk, companies_done_at__isnull=True).first()
    if run is None:
        return None
    taxpayers = selectors.reminded_taxpayers(after=run.company_position, count=BATCH)
    if not taxpayers:
        run.companies_done_at = clock.now()
        run.save(update_fields=["companies_done_at"])
        return None
    found = _due(taxpayers, window)
    _send(found, window.today)
    run.company_position = taxpayers[-1].pk
    run.reminded = F("reminded") + len(found)
    run.save(update_fields=["company_position", "reminded"])
    return len(found)


def _due(taxpayers: Sequence[Taxpayer], window: Window) -> list[DueReminder]:
    """Return what some companies are reminded of; one whose rows cannot be read keeps no other waiting."""
    try:
        return selectors.due_reminders(taxpayers, window)
    except (ValueError, ArithmeticError, LookupError):
        if len(taxpayers) > 1:
            return [each for one in taxpayers for each in _due([one], window)]
        logger.exception("no reminders of company %s", taxpayers[0].pk)
        return []


@transaction.atomic
def _text_people(pk: int, day: date) -> bool:
    """Write the day's short messages for the next people, once all companies are done; say whether to go on.

    One message a person and day: who files for fifty companies is not called fifty times.
    """
    runs = ReminderRun.objects.select_for_update(skip_locked=True)
    run = runs.filter(pk=pk, companies_done_at__isnull=False, finished_at__isnull=True).first()
    if run is None:
        return False
    people = account_selectors.people_who_want_texts(after=run.person_position, count=BATCH)
    if not people:
        # What was due so long ago is not reminded of again, whatever is removed.
        Reminder.objects.filter(day__lt=day - KEPT).delete()
        run.finished_at = clock.now()
        run.save(update_fields=["finished_at"])
        return False
    told = selectors.reminders_of_people(people, day)
    texts = [text_of(each, told[each.pk], day) for each in people if each.pk in told]
    run.person_position = people[-1].pk
    run.texted = F("texted") + account_services.send_texts(texts)
    run.save(update_fields=["person_position", "texted"])
    return True


def _send(found: list[DueReminder], today: date) -> None:
    Reminder.objects.bulk_create(
        Reminder(
            taxpayer=each.duty.taxpayer, kind=each.duty.kind, subject=each.duty.subject, due_on=each.duty.due_on,
            step=each.step, day=today,
        )
        for each in found
    )  # fmt: skip
    account_services.send_drafted_notices(notice_of(each, today) for each in found)


def _window(day: date) -> Window:
    return Window(day, selectors.reminder_steps(day))
