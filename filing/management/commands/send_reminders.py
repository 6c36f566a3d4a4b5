"""manage.py send_reminders: go on with today's reminders, or show what a day would send."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from filing import services
from filing.choices import ReminderKind
from filing.models import ReminderRun
from taxhall.common import clock

SHOWN = 20
# An operator waits for the whole run.
LONGEST = 60.0 * 60.0


class Command(BaseCommand):
    """Do by hand what the beat does every minute, or look before it does."""

    help = (
        "Send what is left of today's reminders of deadlines (到期提醒), each once, however often this is run; with "
        "--dry-run say what a day would send as things stand now, and write nothing. Exit code 0: done; 1: another "
        "day without --dry-run, or today's run is held by a worker or not open before nine o'clock."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the day and whether to write."""
        parser.add_argument("--date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="default: today")
        parser.add_argument("--dry-run", action="store_true", help="count and show the first ones, send nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Preview or send. Raises: CommandError."""
        day = options["date"] or clock.today()
        if options["dry_run"]:
            self._preview(day)
        elif day != clock.today():
            raise CommandError("only today's reminders can be sent; add --dry-run to look at another day")
        else:
            self._send(day)

    def _preview(self, day: date) -> None:
        counted: Counter[tuple[str, int]] = Counter()
        for each in services.preview_reminders(day=day):
            if counted.total() < SHOWN:
                duty = each.duty
                label = ReminderKind(duty.kind).label
                self.stdout.write(f"{duty.taxpayer.number} {label} {duty.subject} {duty.due_on}")
            counted[each.duty.kind, each.step] += 1
        for (kind, step), count in sorted(counted.items()):
            facts = {"kind": ReminderKind(kind).label, "step": step, "count": count}
            self.stdout.write(_("%(kind)s，提前 %(step)s 天：%(count)s 条") % facts)
        self.stdout.write(_("%(day)s 共 %(count)s 条，没有发送。") % {"day": day, "count": counted.total()})

    def _send(self, day: date) -> None:
        sent = services.send_reminders(seconds=LONGEST)
        run = ReminderRun.objects.filter(day=day).first()
        if run is None or run.finished_at is None:
            raise CommandError("today's run is not finished: held by a worker, or not open before nine o'clock")
        self.stdout.write(_("%(day)s 本次发送 %(sent)s 条，当日共 %(count)s 条。") % {
            "day": day, "sent": sent, "count": run.reminded,
        })  # fmt: skip
