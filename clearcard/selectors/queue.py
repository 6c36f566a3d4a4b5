"""What waits for officers: the views of the queue, and the numbers of the day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from clearcard.choices import CaseAction, CaseStatus, ClearKind, Lane
from clearcard.models import CaseTransition
from clearcard.querysets import CaseQuerySet
from clearcard.selectors.cases import OFFICER_ACTIONS, list_cases
from clearcard.selectors.progress import DECISION_WORKDAYS
from clearcard.shapes import OfficerDay
from filing import selectors as filing_selectors
from taxhall.common import clock

_EXCEPTIONS = (CaseStatus.IN_DOUBT, CaseStatus.MANUAL, CaseStatus.REFUSED)


def officer_queue(*, visible_to: User, view: str = "open") -> CaseQuerySet:
    """Return one view of the queue, the longest waiting first.

    Views: open, unclaimed, mine, due (to be decided by the next working day, or late), answered (handed in
    again after this officer returned it), special, exceptions, done.
    """
    found = list_cases(visible_to=visible_to)
    if view == "exceptions":
        return found.filter(status__in=_EXCEPTIONS).order_by("submitted_at", "pk")
    if view == "done":
        return found.filter(Q(approver=visible_to) | _acted(visible_to, *OFFICER_ACTIONS)).order_by("-decided_at")
    waiting = found.in_officer_lane().order_by("submitted_at", "pk")
    narrowed = _narrowed(visible_to, view)
    return waiting if narrowed is None else waiting.filter(narrowed)


def _narrowed(officer: User, view: str) -> Q | None:
    now = timezone.now()
    if view == "unclaimed":
        return Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    if view == "mine":
        return Q(claimed_by=officer, claimed_until__gt=now)
    if view == "due":
        return Q(submitted_at__date__lte=due_submission_day())
    if view == "answered":
        return _acted(officer, CaseAction.RETURN)
    return Q(kind=ClearKind.SPECIAL) if view == "special" else None


def _acted(officer: User, *actions: CaseAction) -> Q:
    acts = CaseTransition.objects.filter(actor=officer, action__in=actions)
    return Q(pk__in=acts.values("case_id"))


def due_submission_day() -> date:
    """Return the last day of submission whose decision is due by the next working day."""
    return _submitted_by(filing_selectors.workday_after(clock.today(), 1))


def late_submission_day() -> date:
    """Return the last day of submission whose decision should have been taken by now."""
    return _submitted_by(clock.today() - timedelta(days=1))


def _submitted_by(due: date) -> date:
    """Return the last day whose promised working days end on the due day or before."""
    return filing_selectors.workday_back(due, DECISION_WORKDAYS) - timedelta(days=1)


def queue_counts(*, visible_to: User) -> dict[str, int]:
    """Return how many cases each view holds."""
    views = ("open", "unclaimed", "mine", "special", "exceptions")
    return {view: officer_queue(visible_to=visible_to, view=view).count() for view in views}


def officer_day(*, visible_to: User) -> OfficerDay:
    """Return the numbers of today: what came in, what this officer decided, and what is late."""
    midnight = timezone.make_aware(datetime.combine(clock.today(), time()))
    came = list_cases(visible_to=visible_to).filter(submitted_at__gte=midnight, lane=Lane.OFFICER)
    decided = CaseTransition.objects.filter(actor=visible_to, action__in=OFFICER_ACTIONS, at__gte=midnight)
    waiting = list_cases(visible_to=visible_to).in_officer_lane()
    return OfficerDay(
        came=came.count(),
        decided=decided.count(),
        late=waiting.filter(submitted_at__date__lte=late_submission_day()).count(),
    )


def arrived_since(*, visible_to: User, view: str, since: datetime) -> int:
    """Return how many applications came into a view of the queue after a moment."""
    fresh = CaseTransition.objects.filter(action=CaseAction.START_REVIEW, at__gt=since)
    return officer_queue(visible_to=visible_to, view=view).filter(pk__in=fresh.values("case_id")).count()
