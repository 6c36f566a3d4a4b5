"""Sessions as Django keeps them in the database; the row is read for every page, by a statement that is made once."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from taxhall.common.prepared import Prepared, Slot

_KEPT: Prepared[Session] = Prepared(
    lambda: Session.objects.filter(session_key=Slot("key"), expire_date__gt=Slot("moment"))
)


class SessionStore(db.SessionStore):
    """The sessions of settings.SESSION_ENGINE."""

    def _get_session_from_db(self) -> Session | None:
        found = _KEPT.first(key=self.session_key, moment=timezone.now())
        if found is None:
            self._session_key = None
        return found
