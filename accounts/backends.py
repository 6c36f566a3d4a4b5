"""Who a session belongs to: Django's own accounts, read for every page by a statement that is made once."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from taxhall.common.prepared import Prepared, Slot

_ACCOUNT: Prepared[User] = Prepared(lambda: User.objects.filter(pk=Slot("pk")))


class AccountBackend(ModelBackend):
    """The accounts of settings.AUTHENTICATION_BACKENDS; passwords are proved by `accounts.services.sign_in`."""

    def get_user(self, user_id: int) -> User | None:
        """Return the account of a session; None once it is disabled."""
        found = _ACCOUNT.first(pk=user_id)
        return found if found is not None and self.user_can_authenticate(found) else None
