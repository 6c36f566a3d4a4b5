"""The store behind Idempotency-Key: the same call twice has one effect and one answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import RequestState
from accounts.models import IdempotentRequest, User
from taxhall.common.api import (
    IdempotencyClaim,
    IdempotencyInProgressError,
    IdempotencyMismatchError,
    StoredAnswer,
)
from taxhall.common.policies import require

KEPT_FOR = timedelta(days=62)
RELEASED_AFTER = timedelta(seconds=60)


class DatabaseIdempotencyStore:
    """Keeps the calls in PostgreSQL; settings.IDEMPOTENCY_STORE names this class."""

    def begin(self, *, user: User, key: str, route: str, body_digest: str) -> IdempotencyClaim | StoredAnswer:
        """Claim the call, or return the answer it had.

        A call whose process died is released after a minute: the next repeat takes it over.
        Raises: IdempotencyMismatchError for the same key on another route or body,
        IdempotencyInProgressError while the first call runs, NotPermittedError where a role of that time is gone:
        the policies that gave the answer then were asked with it.
        """
        now, access = timezone.now(), _access_of(user)
        row, created = IdempotentRequest.objects.get_or_create(
            user=user,
            key=key,
            defaults={
                "route": route,
                "body_digest": body_digest,
                "access": access,
                "started_at": now,
                "expires_at": now + KEPT_FOR,
            },
        )
        if created:
            return IdempotencyClaim(row.pk, row.attempt)
        if (row.route, row.body_digest) != (route, body_digest):
            raise IdempotencyMismatchError
        require(set(row.access) <= set(access), _("首次办理之后您的身份或岗位有变化，不再给出当时的答复。"))
        if row.state == RequestState.DONE:
            return StoredAnswer(row.response_status or 200, row.response_type, bytes(row.response_body or b""))
        return self._take_over(row, now)

    def finish(self, claim: IdempotencyClaim, answer: StoredAnswer) -> None:
        """Store the answer for repeats, unless the call was taken over meanwhile."""
        IdempotentRequest.objects.filter(pk=claim.pk, attempt=claim.attempt, state=RequestState.RUNNING).update(
            state=RequestState.DONE,
            finished_at=timezone.now(),
            response_status=answer.status,
            response_type=answer.content_type,
            response_body=answer.body,
        )

    def release(self, claim: IdempotencyClaim) -> None:
        """Forget the call, so that a repeat is tried anew."""
        IdempotentRequest.objects.filter(pk=claim.pk, attempt=claim.attempt, state=RequestState.RUNNING).delete()

    def _take_over(self, row: IdempotentRequest, now: datetime) -> IdempotencyClaim:
        released_at = row.started_at + RELEASED_AFTER
        if now < released_at:
            raise IdempotencyInProgressError(int((released_at - now).total_seconds()) + 1)
        taken = IdempotentRequest.objects.filter(pk=row.pk, attempt=row.attempt, state=RequestState.RUNNING).update(
            attempt=row.attempt + 1, started_at=now
        )
        if not taken:
            raise IdempotencyInProgressError(1)
        return IdempotencyClaim(row.pk, row.attempt + 1)


def _access_of(user: User) -> list[str]:
    """Return what a user may act for, role by role and post by post."""
    roles = user.memberships.filter(is_active=True).values_list("taxpayer", "role")
    posts = user.posts.filter(is_active=True).values_list("bureau", "post")
    return [f"taxpayer {pk} {role}" for pk, role in roles] + [f"bureau {pk} {post}" for pk, post in posts]


def purge_expired_requests(*, now: datetime) -> int:
    """Remove stored answers past their time; return how many."""
    with transaction.atomic():
        return IdempotentRequest.objects.filter(expires_at__lt=now).delete()[0]
