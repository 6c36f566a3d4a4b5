"""The private calendar address of a person: made, made anew, removed."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from filing import policies, selectors
from filing.models import CalendarFeed
from taxhall.common.policies import require

_SECRET_BYTES = 32


@transaction.atomic
def open_feed(*, actor: User) -> str:
    """Return the secret of a new calendar address; the one before it opens nothing from now on.

    Raises: NotPermittedError for officers, who serve no company.
    """
    require(policies.can_hold_feed(actor), _("只有办税人员可以订阅日历。"))
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    feed, is_new = CalendarFeed.objects.update_or_create(user=actor, defaults={"digest": selectors.feed_digest(secret)})
    _audit(actor, feed, "filing.feed_opened" if is_new else "filing.feed_renewed")
    return secret


@transaction.atomic
def close_feed(*, actor: User) -> None:
    """Remove the calendar address; where there is none, nothing happens."""
    feed = CalendarFeed.objects.select_for_update().filter(user=actor.pk).first()
    if feed is not None:
        _audit(actor, feed, "filing.feed_closed")
        feed.delete()


def _audit(actor: User, feed: CalendarFeed, action: str) -> None:
    account_services.record_audit_event(actor=actor, action=action, obj=feed)
